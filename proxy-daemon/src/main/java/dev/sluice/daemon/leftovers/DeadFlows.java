// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.leftovers;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.conntrack.Conntrack;
import dev.sluice.linux.conntrack.ConntrackEntry;
import dev.sluice.linux.host.Host;
import dev.sluice.linux.route.Links;
import dev.sluice.linux.route.Links.LinkAddress;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The UDP conntrack entries that lead to sockets of this node: those of a proxy that carried the traffic itself and has
 * ended. The kernel would send a busy client's datagrams there for ever. An entry to a Pod on the node's network is
 * one, too; without it the next datagram chooses anew.
 */
final class DeadFlows {
    private DeadFlows() {}

    /** Deletes them; returns how many there were. */
    static int remove(Host host, IpFamily family) throws KernelException {
        try (Conntrack conntrack = host.openConntrack();
                Links links = host.openLinks()) {
            Set<IpAddress> own =
                    links.addresses().stream().map(LinkAddress::address).collect(Collectors.toSet());
            List<ConntrackEntry> dead = conntrack.list(family, Protocol.UDP).stream()
                    .filter(entry ->
                            isTranslated(entry) && own.contains(entry.reply().source()))
                    .toList();
            return dead.isEmpty() ? 0 : conntrack.delete(dead).deleted().size();
        }
    }

    private static boolean isTranslated(ConntrackEntry entry) {
        return !entry.original().destination().equals(entry.reply().source())
                || entry.original().destinationPort() != entry.reply().sourcePort();
    }
}
