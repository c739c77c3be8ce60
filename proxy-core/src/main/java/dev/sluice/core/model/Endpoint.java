// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.model;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.SocketAddress;
import java.util.Set;

/**
 * One address and port that serves a service port.
 *
 * @param local whether it runs on this node
 * @param ready whether it may take new connections
 * @param serving whether it answers, ready or not
 * @param zoneHints the zones that should prefer it, empty for no hint
 * @param nodeHints the nodes that should prefer it, empty for no hint
 * @param weight its share relative to the others, 0 to {@link Weight#MAX}; ignored by modes without weights
 */
public record Endpoint(
        IpAddress address,
        int port,
        boolean local,
        boolean ready,
        boolean serving,
        boolean terminating,
        Set<String> zoneHints,
        Set<String> nodeHints,
        int weight) {

    public Endpoint {
        zoneHints = Set.copyOf(zoneHints);
        nodeHints = Set.copyOf(nodeHints);
    }

    /** An endpoint of the default weight. */
    public Endpoint(
            IpAddress address,
            int port,
            boolean local,
            boolean ready,
            boolean serving,
            boolean terminating,
            Set<String> zoneHints,
            Set<String> nodeHints) {
        this(address, port, local, ready, serving, terminating, zoneHints, nodeHints, Weight.DEFAULT);
    }

    /** The endpoint's identity within its service port, whatever its conditions. */
    public SocketAddress socketAddress() {
        return new SocketAddress(address, port);
    }

    @Override
    public String toString() {
        return address.withPort(port);
    }
}
