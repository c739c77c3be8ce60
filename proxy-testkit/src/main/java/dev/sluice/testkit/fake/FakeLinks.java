// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.fake;

import dev.sluice.core.net.IpAddress;
import dev.sluice.linux.Errno;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.route.Links;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Links and addresses in memory, beginning with a loopback device. It refuses what the kernel refuses, and counts
 * changes and listings.
 */
public final class FakeLinks implements Links {
    private static final int LONGEST_NAME = 15;
    private static final int ADDRESS_MESSAGE = 16 + 8 + 2 * 20 + 20;

    private final Map<String, Link> links = new LinkedHashMap<>();
    private final List<LinkAddress> addresses = new ArrayList<>();
    private Predicate<IpAddress> extraRefusal = address -> false;
    private @Nullable NetlinkException broken;
    private int nextIndex = 1;
    private long messages;
    private long dumps;

    public FakeLinks() {
        device("lo", "", true);
        address("lo", "127.0.0.1", 8);
        address("lo", "::1", 128);
    }

    /** Adds a device that is up, as an administrator or a network plugin does. */
    public FakeLinks device(String name, String kind) {
        return device(name, kind, false);
    }

    private FakeLinks device(String name, String kind, boolean loopback) {
        links.put(name, new Link(nextIndex++, name, kind, true, loopback));
        return this;
    }

    /** Adds an address to a device that {@link #device} added. */
    public FakeLinks address(String link, String address, int prefixLength) {
        Link device = links.get(link);
        if (device == null) {
            throw new IllegalArgumentException("no device " + link);
        }
        addresses.add(new LinkAddress(device.index(), link, IpAddress.of(address), prefixLength, false));
        return this;
    }

    /** Removes an address again. */
    public void removeAddress(String link, String address) {
        remove(link, IpAddress.of(address));
    }

    private void remove(String link, IpAddress address) {
        addresses.removeIf(a -> a.linkName().equals(link) && a.address().equals(address));
    }

    /** Makes binding fail for the addresses that {@code refused} accepts. */
    public void refuse(Predicate<IpAddress> refused) {
        extraRefusal = refused;
    }

    /** Makes every listing and change fail, as a broken socket does; null repairs it. */
    public void breakWith(@Nullable NetlinkException error) {
        broken = error;
    }

    private void checkSocket() throws NetlinkException {
        if (broken != null) {
            throw broken;
        }
    }

    /** The addresses on a device, in text order. */
    public Set<String> on(String link) {
        Set<String> texts = new TreeSet<>();
        addresses.stream()
                .filter(a -> a.linkName().equals(link))
                .forEach(a -> texts.add(a.address() + "/" + a.prefixLength()));
        return texts;
    }

    /** The names of all devices, in order. */
    public List<String> devices() {
        return links.keySet().stream().sorted().toList();
    }

    /** The number of address changes since the last {@link #resetCounters}. */
    public long messages() {
        return messages;
    }

    /** The number of listings since the last {@link #resetCounters}. */
    public long dumps() {
        return dumps;
    }

    public void resetCounters() {
        messages = 0;
        dumps = 0;
    }

    @Override
    public List<Link> links() throws NetlinkException {
        checkSocket();
        dumps++;
        return List.copyOf(links.values());
    }

    @Override
    public Optional<Link> link(String name) {
        return Optional.ofNullable(links.get(name));
    }

    @Override
    public List<LinkAddress> addresses() throws NetlinkException {
        checkSocket();
        dumps++;
        return List.copyOf(addresses);
    }

    @Override
    public void createDummy(String name) throws NetlinkException {
        if (name.isEmpty() || name.length() > LONGEST_NAME) {
            throw new NetlinkException("RTM_NEWLINK " + name, Errno.ERANGE, "");
        }
        if (links.containsKey(name)) {
            throw new NetlinkException("RTM_NEWLINK " + name, Errno.EEXIST, "");
        }
        links.put(name, new Link(nextIndex++, name, "dummy", false, false));
    }

    @Override
    public void deleteLink(String name) throws NetlinkException {
        if (links.remove(name) == null) {
            throw new NetlinkException("RTM_DELLINK " + name, Errno.ENODEV, "");
        }
        addresses.removeIf(a -> a.linkName().equals(name));
    }

    @Override
    public AddressResult addAddresses(String link, List<IpAddress> wanted) throws NetlinkException {
        int index = index(link);
        List<Failure> failures = new ArrayList<>();
        for (IpAddress address : wanted) {
            messages++;
            if (extraRefusal.test(address)) {
                failures.add(
                        new Failure(address, new NetlinkException("RTM_NEWADDR " + address, Errno.EADDRNOTAVAIL, "")));
            } else {
                remove(link, address);
                addresses.add(
                        new LinkAddress(index, link, address, address.family().bits(), true));
            }
        }
        return new AddressResult(failures, wanted.size(), (long) wanted.size() * ADDRESS_MESSAGE);
    }

    @Override
    public AddressResult deleteAddresses(String link, List<IpAddress> unwanted) throws NetlinkException {
        var _ = index(link);
        for (IpAddress address : unwanted) {
            messages++;
            remove(link, address);
        }
        return new AddressResult(List.of(), unwanted.size(), (long) unwanted.size() * ADDRESS_MESSAGE);
    }

    /** A host without a way to others. */
    @Override
    public boolean replaceSource(String link, List<IpAddress> addresses, IpAddress outside) throws NetlinkException {
        var _ = index(link);
        return false;
    }

    @Override
    public void deleteReplacedSource(List<IpAddress> addresses) {}

    private int index(String link) throws NetlinkException {
        checkSocket();
        Link device = links.get(link);
        if (device == null) {
            throw new NetlinkException("RTM address of " + link, Errno.ENODEV, "");
        }
        return device.index();
    }

    @Override
    public void close() {}
}
