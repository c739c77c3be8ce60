// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.healthport;

import dev.sluice.core.config.NodePortAddresses;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.StandardProtocolFamily;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The sockets that a port needs. A Java socket that listens on {@code [::]} takes the IPv4 port too, and Java has no
 * option against it. So where IPv6 is served on all addresses, one socket serves both families, and connections to an
 * address that is not served are reset.
 */
final class SocketPlan {
    private static final IpAddress ANY_4 = IpAddress.of("0.0.0.0");
    private static final IpAddress ANY_6 = IpAddress.of("::");

    private final Map<IpFamily, NodePortAddresses> allowed;

    /** @param allowed for each family that is served */
    SocketPlan(Map<IpFamily, NodePortAddresses> allowed) {
        this.allowed = Map.copyOf(allowed);
    }

    /** One socket. */
    record Socket(IpAddress address) {
        ProtocolFamily family() {
            return address.family() == IpFamily.IPV4 ? StandardProtocolFamily.INET : StandardProtocolFamily.INET6;
        }

        InetSocketAddress on(int port) {
            return new InetSocketAddress(address.toInetAddress(), port);
        }
    }

    /** Whether the node's own addresses matter. */
    boolean isRestricted() {
        return allowed.values().stream().anyMatch(a -> !a.matchesAll());
    }

    /** Whether this address of the node is served, for clients of that family. */
    boolean allows(IpAddress local) {
        NodePortAddresses addresses = allowed.get(local.family());
        return addresses != null && addresses.contains(local);
    }

    /**
     * The sockets of a port that answers in {@code families}.
     *
     * @param own the node's addresses, read only when {@link #isRestricted()}
     */
    List<Socket> sockets(Set<IpFamily> families, Collection<IpAddress> own) {
        if (families.contains(IpFamily.IPV6) && matchesAll(IpFamily.IPV6)) {
            return List.of(new Socket(ANY_6));
        }
        List<Socket> sockets = new ArrayList<>();
        for (IpFamily family : families) {
            if (matchesAll(family)) {
                sockets.add(new Socket(ANY_4));
            } else {
                own.stream()
                        .filter(a -> a.family() == family && allows(a) && !isLinkLocalV6(a))
                        .distinct()
                        .sorted()
                        .map(Socket::new)
                        .forEach(sockets::add);
            }
        }
        return sockets;
    }

    private boolean matchesAll(IpFamily family) {
        NodePortAddresses addresses = allowed.get(family);
        return addresses != null && addresses.matchesAll();
    }

    /** A link-local address means nothing without its link. */
    private static boolean isLinkLocalV6(IpAddress address) {
        return address.family() == IpFamily.IPV6 && address.isLinkLocal();
    }

    /**
     * The socket that serves IPv4 when the one for both families cannot be opened; empty unless IPv4 is served on all
     * addresses.
     */
    Optional<Socket> standIn(Socket refused, Set<IpFamily> families) {
        boolean both = refused.address().equals(ANY_6) && families.contains(IpFamily.IPV4);
        return both && matchesAll(IpFamily.IPV4) ? Optional.of(new Socket(ANY_4)) : Optional.empty();
    }
}
