// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import dev.sluice.core.model.Portal;
import dev.sluice.core.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The original destinations of the datagrams that a {@link UdpSocket} has received by one call, as far as they are
 * needed: looked up together.
 */
final class BatchDestinations {
    private final DatagramDestinations destinations;
    private final List<SocketAddress> clients = new ArrayList<>();
    private final List<Integer> places = new ArrayList<>();
    private final Portal.@Nullable Address[] found;
    private final boolean[] known;

    /** @param size the number of places of a batch */
    BatchDestinations(DatagramDestinations destinations, int size) {
        this.destinations = destinations;
        found = new Portal.Address[size];
        known = new boolean[size];
    }

    /** Has {@link #lookUp} look for the destination of what {@code client} has sent. */
    void add(int place, SocketAddress client) {
        clients.add(client);
        places.add(place);
    }

    void lookUp(SocketAddress socket) {
        if (clients.size() > 1) {
            List<Portal.@Nullable Address> all = destinations.ofAll(clients, socket);
            for (int i = 0; i < all.size(); i++) {
                found[places.get(i)] = all.get(i);
                known[places.get(i)] = true;
            }
        }
        clients.clear();
        places.clear();
    }

    /** The destination of the datagram of {@code place}, which is asked for once. */
    Portal.@Nullable Address take(int place, SocketAddress client, SocketAddress socket) {
        if (!known[place]) {
            return destinations.of(client, socket);
        }
        Portal.Address destination = found[place];
        forget(place);
        return destination;
    }

    void forget(int place) {
        known[place] = false;
        found[place] = null;
    }
}
