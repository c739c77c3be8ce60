// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.routing;

import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import java.util.List;
import java.util.Set;

/**
 * Distinguishes clients of this node from others by their address, which the redirect keeps.
 *
 * @param nodeAddresses every address of the node but loopback ones
 * @param pods the ranges of this node's Pods, empty when they are unknown
 */
public record Locality(Set<IpAddress> nodeAddresses, List<Cidr> pods) {
    public static final Locality UNKNOWN = new Locality(Set.of(), List.of());

    public Locality {
        nodeAddresses = Set.copyOf(nodeAddresses);
        pods = List.copyOf(pods);
    }

    /** Whether {@code address} is one of the node itself. */
    public boolean isNode(IpAddress address) {
        return address.isLoopback() || nodeAddresses.contains(address);
    }

    /** Whether {@code client} is a process or Pod of this node, which the external Local policy does not bind. */
    public boolean isLocal(IpAddress client) {
        if (isNode(client)) {
            return true;
        }
        for (Cidr net : pods) {
            if (net.contains(client)) {
                return true;
            }
        }
        return false;
    }
}
