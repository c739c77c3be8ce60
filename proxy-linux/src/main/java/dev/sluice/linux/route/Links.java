// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.route;

import dev.sluice.core.net.IpAddress;
import dev.sluice.linux.NetlinkException;
import java.util.List;
import java.util.Optional;

/** The links and addresses of one network namespace. Implemented over rtnetlink, and by a fake. */
public interface Links extends AutoCloseable {

    List<Link> links() throws NetlinkException;

    Optional<Link> link(String name) throws NetlinkException;

    /** Every address of every link, both families. */
    List<LinkAddress> addresses() throws NetlinkException;

    /** Creates a device of type dummy, left administratively down. EEXIST when the name is taken. */
    void createDummy(String name) throws NetlinkException;

    /** Deletes a link; ENODEV when there is none. */
    void deleteLink(String name) throws NetlinkException;

    /**
     * Adds host addresses (/32 or /128) such that the kernel does not choose them as a source: with preferred lifetime
     * 0 for IPv6, and scope link for IPv4. An address that exists gets that lifetime, and is no error.
     */
    AddressResult addAddresses(String link, List<IpAddress> addresses) throws NetlinkException;

    /** Deletes host addresses; one that does not exist is no error. */
    AddressResult deleteAddresses(String link, List<IpAddress> addresses) throws NetlinkException;

    /**
     * Lets the host's own new connections to {@code addresses} of {@code link} begin at the address that it has towards
     * others, so that they outlive these; the kernel takes the destination itself otherwise. Open connections go on.
     *
     * @param outside an address of the same family as all of {@code addresses}, outside of the host's networks
     * @return whether it was done: not where the host has no way to others
     */
    boolean replaceSource(String link, List<IpAddress> addresses, IpAddress outside) throws NetlinkException;

    /** Ends what {@link #replaceSource} has done, and with it that the addresses are local. */
    void deleteReplacedSource(List<IpAddress> addresses) throws NetlinkException;

    @Override
    void close();

    /**
     * A network device.
     *
     * @param kind the link type such as {@code dummy}, {@code veth}, {@code bridge}; empty for hardware and loopback
     */
    record Link(int index, String name, String kind, boolean up, boolean loopback) {}

    /**
     * An address on a device.
     *
     * @param deprecated whether its preferred lifetime is over (IFA_F_DEPRECATED), so that it is not chosen as a source
     */
    record LinkAddress(int linkIndex, String linkName, IpAddress address, int prefixLength, boolean deprecated) {}

    /** One refused address. */
    record Failure(IpAddress address, NetlinkException error) {}

    /** The result of a batch. */
    record AddressResult(List<Failure> failures, long messages, long bytes) {
        public AddressResult {
            failures = List.copyOf(failures);
        }
    }
}
