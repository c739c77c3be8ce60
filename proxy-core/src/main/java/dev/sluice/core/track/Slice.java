// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.track;

import dev.sluice.core.model.ServiceName;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import java.util.List;
import java.util.Set;

/**
 * A parsed EndpointSlice, reduced to what endpoints are made of. Versions with the same content are equal.
 *
 * @param owner the Service that it belongs to
 * @param weight the weight of its endpoints, {@link #NO_WEIGHT} when it has none
 */
record Slice(Name name, ServiceName owner, IpFamily family, List<Port> ports, List<Address> addresses, int weight) {
    /** The weight of the Service applies. */
    static final int NO_WEIGHT = -1;

    Slice {
        ports = List.copyOf(ports);
        addresses = List.copyOf(addresses);
    }

    /** The identity of an EndpointSlice. */
    record Name(String namespace, String name) {}

    record Port(String name, Protocol protocol, int port) {}

    /** @param target a hash of the UID of the Pod behind it, 0 when unknown */
    record Address(
            IpAddress address,
            boolean local,
            boolean ready,
            boolean serving,
            boolean terminating,
            Set<String> zoneHints,
            Set<String> nodeHints,
            long target) {

        Address {
            zoneHints = Set.copyOf(zoneHints);
            nodeHints = Set.copyOf(nodeHints);
        }
    }
}
