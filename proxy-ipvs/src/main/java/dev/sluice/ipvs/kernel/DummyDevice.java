// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.kernel;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.route.LinkChange;
import dev.sluice.linux.route.Links;
import dev.sluice.linux.route.Links.Link;
import dev.sluice.linux.route.Links.LinkAddress;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The device {@value #NAME}, which makes Services' addresses local, so that IPVS gets to see their packets. It is of
 * type dummy and stays down: the local routes of its addresses exist regardless. They are bound such that the kernel
 * never chooses one as a source by itself; else MASQUERADE would give a client some Service's address, in IPv6 above
 * all.
 */
public final class DummyDevice {
    public static final String NAME = "kube-ipvs0";
    private static final String KIND = "dummy";
    /** Documentation addresses, which are routed as any on the Internet. */
    private static final String OUTSIDE_V4 = "192.0.2.1";

    private static final String OUTSIDE_V6 = "2001:db8::1";
    /** The time that the node's own connections have to end by themselves. */
    private static final Duration LAST_MOMENT = Duration.ofSeconds(2);

    private static final Logger LOG = LoggerFactory.getLogger(DummyDevice.class);

    private final Links links;
    private final IpFamily family;
    private final Set<IpAddress> ours = ConcurrentHashMap.newKeySet();
    private volatile int index;

    DummyDevice(Links links, IpFamily family) {
        this.links = links;
        this.family = family;
    }

    /** Makes the device when it is missing. */
    public void ensure() throws NetlinkException {
        if (isMissing()) {
            create();
            isMissing();
        }
    }

    private void create() throws NetlinkException {
        try {
            links.createDummy(NAME);
        } catch (NetlinkException e) {
            if (!e.alreadyExists()) {
                throw e;
            }
        }
    }

    public boolean isMissing() throws NetlinkException {
        Optional<Link> link = links.link(NAME);
        index = link.map(Link::index).orElse(0);
        return link.isEmpty();
    }

    public Links.AddressResult bind(List<IpAddress> addresses) throws NetlinkException {
        ours.addAll(addresses);
        return links.addAddresses(NAME, addresses);
    }

    public Links.AddressResult unbind(List<IpAddress> addresses) throws NetlinkException {
        addresses.forEach(ours::remove);
        return links.deleteAddresses(NAME, addresses);
    }

    /** Notes addresses that are bound already. */
    public void found(Collection<IpAddress> addresses) {
        ours.addAll(addresses);
    }

    /** Whether this notification of the kernel is about the device and not caused by us. Called on any thread. */
    public boolean isForeign(LinkChange change) {
        return switch (change) {
            case LinkChange.AddressSet c ->
                c.linkIndex() == index && isOurs(c.address()) && !ours.contains(c.address());
            case LinkChange.AddressDeleted c -> c.linkIndex() == index && ours.contains(c.address());
            case LinkChange.LinkDeleted c -> c.link().name().equals(NAME);
            case LinkChange.LinkSet c -> false;
            case LinkChange.Lost c -> true;
        };
    }

    private boolean isOurs(IpAddress address) {
        return address.family() == family && !(family == IpFamily.IPV6 && address.isLinkLocal());
    }

    /** The Services' addresses of this family among {@code all}. */
    public List<IpAddress> bound(Collection<LinkAddress> all) {
        return all.stream()
                .filter(a -> a.linkName().equals(NAME))
                .map(LinkAddress::address)
                .filter(this::isOurs)
                .toList();
    }

    /** This family's addresses on the other devices, loopback included. */
    public Set<IpAddress> elsewhere(Collection<LinkAddress> all) {
        return all.stream()
                .filter(a -> a.address().family() == family && !a.linkName().equals(NAME))
                .map(LinkAddress::address)
                .collect(Collectors.toSet());
    }

    /** Those of {@link #bound} that the kernel may choose as a source: bound by kube-proxy, or by hand. */
    public Set<IpAddress> selectable(Collection<LinkAddress> all) {
        return all.stream()
                .filter(a -> a.linkName().equals(NAME) && a.address().family() == family && !a.deprecated())
                .map(LinkAddress::address)
                .collect(Collectors.toSet());
    }

    /**
     * Removes this family's addresses, and the device once no address of the other family is left. A device of that
     * name and another type is not ours and stays as it is.
     */
    void remove() throws NetlinkException {
        Optional<Link> link = links.link(NAME);
        if (link.isEmpty() || !link.get().kind().equals(KIND)) {
            return;
        }
        List<LinkAddress> all = links.addresses();
        letOwnConnectionsEnd(bound(all));
        unbind(bound(all));
        boolean othersLeft = all.stream()
                .anyMatch(a -> a.linkName().equals(NAME)
                        && a.address().family() != family
                        && !a.address().isLinkLocal());
        if (!othersLeft) {
            links.deleteLink(NAME);
        }
    }

    /**
     * A connection of the node itself to one of {@code addresses} has it as its source too, though other rules than
     * ours may carry it by now: it would end with the address. So new ones first get another source.
     */
    private void letOwnConnectionsEnd(List<IpAddress> addresses) throws NetlinkException {
        try {
            if (links.replaceSource(NAME, addresses, IpAddress.of(family == IpFamily.IPV4 ? OUTSIDE_V4 : OUTSIDE_V6))) {
                TimeUnit.NANOSECONDS.sleep(LAST_MOMENT.toNanos());
            }
        } catch (NetlinkException e) {
            LOG.debug("connections of the node itself may end with the addresses: {}", e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        links.deleteReplacedSource(addresses);
    }
}
