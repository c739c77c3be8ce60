// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import dev.sluice.core.model.Portal;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.net.SocketAddress;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.conntrack.ConntrackEntry.Tuple;
import dev.sluice.linux.conntrack.ConntrackLookup;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the original destination of a redirected datagram, from before the redirect. Two destinations never have the
 * same client address and port: conntrack changes the port that the proxy sees of the second.
 */
public interface DatagramDestinations extends AutoCloseable {

    /**
     * The destination of what {@code client} sends to {@code socket}, null when the kernel does not know it, or no
     * longer.
     */
    Portal.@Nullable Address of(SocketAddress client, SocketAddress socket);

    /** As {@link #of}, for several clients, in their order. */
    default List<Portal.@Nullable Address> ofAll(List<SocketAddress> clients, SocketAddress socket) {
        List<Portal.@Nullable Address> all = new ArrayList<>(clients.size());
        for (SocketAddress client : clients) {
            all.add(of(client, socket));
        }
        return all;
    }

    @Override
    void close();

    /** Opens one for a UDP socket, on the thread of its event loop. */
    @FunctionalInterface
    interface Opener {
        /** @throws EngineException when original destinations cannot be found on this node */
        DatagramDestinations open();
    }

    /** Asks conntrack: for UDP there is no {@code SO_ORIGINAL_DST}. */
    final class FromConntrack implements DatagramDestinations {
        private static final Logger LOG = LoggerFactory.getLogger(FromConntrack.class);
        private static final Tuple NOBODY = new Tuple(IpAddress.of("127.0.0.1"), 1, IpAddress.of("127.0.0.1"), 1);

        private final ConntrackLookup lookup;

        private FromConntrack(ConntrackLookup lookup) {
            this.lookup = lookup;
        }

        /** @throws EngineException when this kernel has no ctnetlink */
        static FromConntrack open() {
            try {
                ConntrackLookup lookup = ConntrackLookup.open();
                lookup.original(Protocol.UDP, NOBODY);
                return new FromConntrack(lookup);
            } catch (NetlinkException e) {
                throw new EngineException(
                        "original destinations of datagrams cannot be looked up: " + e.getMessage(), e);
            }
        }

        @Override
        public Portal.@Nullable Address of(SocketAddress client, SocketAddress socket) {
            try {
                return destination(lookup.original(Protocol.UDP, replies(client, socket)));
            } catch (NetlinkException e) {
                LOG.debug("the original destination of {} is unknown: {}", client, e.getMessage());
                return null;
            }
        }

        /** By one message to the kernel. */
        @Override
        public List<Portal.@Nullable Address> ofAll(List<SocketAddress> clients, SocketAddress socket) {
            List<Portal.@Nullable Address> all = new ArrayList<>(clients.size());
            try {
                List<Tuple> replies =
                        clients.stream().map(client -> replies(client, socket)).toList();
                for (Tuple original : lookup.originals(Protocol.UDP, replies)) {
                    all.add(destination(original));
                }
                return all;
            } catch (NetlinkException e) {
                LOG.debug("original destinations are unknown: {}", e.getMessage());
                all.clear();
                clients.forEach(_ -> all.add(null));
                return all;
            }
        }

        private static Tuple replies(SocketAddress client, SocketAddress socket) {
            return new Tuple(socket.address(), socket.port(), client.address(), client.port());
        }

        private static Portal.@Nullable Address destination(@Nullable Tuple original) {
            return original == null
                    ? null
                    : new Portal.Address(Protocol.UDP, original.destination(), original.destinationPort());
        }

        @Override
        public void close() {
            lookup.close();
        }
    }
}
