// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.addresses;

import dev.sluice.core.net.IpAddress;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.route.LinkChange;
import dev.sluice.linux.route.LinkChange.AddressDeleted;
import dev.sluice.linux.route.LinkChange.AddressSet;
import dev.sluice.linux.route.LinkChange.LinkDeleted;
import dev.sluice.linux.route.LinkChange.LinkSet;
import dev.sluice.linux.route.LinkChange.Lost;
import dev.sluice.linux.route.LinkMonitor;
import dev.sluice.linux.route.Links;
import dev.sluice.linux.route.NetlinkLinks;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A watch that reports when the node gets or loses an address that the rules depend on, by the kernel's notifications.
 * An address on several links counts once, and the addresses that a mode binds for Services do not count.
 */
public final class NodeAddressWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NodeAddressWatch.class);

    private final Links links;
    private final Set<String> serviceLinks;
    private final Predicate<IpAddress> counts;
    private final Consumer<String> listener;
    private final Set<Held> held = new HashSet<>();
    private final Set<Integer> serviceLinkIndexes = new HashSet<>();
    private @Nullable LinkMonitor monitor;

    private record Held(int link, IpAddress address) {}

    NodeAddressWatch(Links links, Set<String> serviceLinks, Predicate<IpAddress> counts, Consumer<String> listener) {
        this.links = links;
        this.serviceLinks = Set.copyOf(serviceLinks);
        this.counts = counts;
        this.listener = listener;
    }

    /**
     * Watches the calling thread's network namespace.
     *
     * @param serviceLinks links whose addresses belong to Services
     * @param counts whether that address matters; called on the watch's own thread
     * @param listener called on that thread with a description of the change
     */
    public static NodeAddressWatch open(
            Set<String> serviceLinks, Predicate<IpAddress> counts, Consumer<String> listener) throws NetlinkException {
        NodeAddressWatch watch = new NodeAddressWatch(NetlinkLinks.open(), serviceLinks, counts, listener);
        try {
            watch.follow(LinkMonitor.open(watch::changed));
            watch.list();
            return watch;
        } catch (NetlinkException e) {
            watch.close();
            throw e;
        }
    }

    private synchronized void follow(LinkMonitor opened) {
        monitor = opened;
    }

    /** Reads the present addresses. */
    synchronized void list() throws NetlinkException {
        held.clear();
        serviceLinkIndexes.clear();
        for (String name : serviceLinks) {
            links.link(name).map(Links.Link::index).ifPresent(serviceLinkIndexes::add);
        }
        links.addresses().forEach(address -> put(address.linkIndex(), address.address()));
    }

    synchronized void changed(LinkChange change) {
        Set<IpAddress> before = addresses();
        switch (change) {
            case LinkSet(Links.Link link)
            when serviceLinks.contains(link.name()) -> serviceLinkIndexes.add(link.index());
            case LinkSet other -> {}
            case LinkDeleted(Links.Link link) -> held.removeIf(h -> h.link() == link.index());
            case AddressSet(int link, IpAddress address, int length) -> put(link, address);
            case AddressDeleted(int link, IpAddress address, int length) -> held.remove(new Held(link, address));
            case Lost lost -> listAgain();
        }
        Set<IpAddress> after = addresses();
        if (!before.equals(after)) {
            listener.accept(difference(before, after));
        }
    }

    private void put(int link, IpAddress address) {
        if (!serviceLinkIndexes.contains(link) && counts.test(address)) {
            held.add(new Held(link, address));
        }
    }

    private void listAgain() {
        try {
            list();
        } catch (NetlinkException e) {
            LOG.atWarn()
                    .addKeyValue("cause", e.getMessage())
                    .log("changes of the node's addresses were lost, and these cannot be read");
        }
    }

    private Set<IpAddress> addresses() {
        return held.stream().map(Held::address).collect(Collectors.toCollection(TreeSet::new));
    }

    private static String difference(Set<IpAddress> before, Set<IpAddress> after) {
        Set<IpAddress> come = new TreeSet<>(after);
        come.removeAll(before);
        Set<IpAddress> gone = new TreeSet<>(before);
        gone.removeAll(after);
        return "the node has "
                + (come.isEmpty() ? "" : "got " + come)
                + (come.isEmpty() || gone.isEmpty() ? "" : " and ")
                + (gone.isEmpty() ? "" : "lost " + gone);
    }

    @Override
    public void close() {
        LinkMonitor opened;
        synchronized (this) {
            opened = monitor;
        }
        if (opened != null) {
            opened.close();
        }
        links.close();
    }
}
