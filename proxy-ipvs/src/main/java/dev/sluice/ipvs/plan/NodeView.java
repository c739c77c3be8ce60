// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.plan;

import dev.sluice.core.model.NodeFacts;
import dev.sluice.core.net.IpAddress;
import dev.sluice.ipvs.config.IpvsConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The node's own addresses in one family, as rendering needs them. Those on the dummy device are not among them: they
 * are Services' addresses, and neither serve node ports nor keep an external address from being bound.
 *
 * @param elsewhere every address on the other devices, loopback included
 * @param nodePortAddresses those that node ports are served on
 * @param nodeIp the node's primary address, when known
 */
public record NodeView(Set<IpAddress> elsewhere, List<IpAddress> nodePortAddresses, Optional<IpAddress> nodeIp) {
    public NodeView {
        elsewhere = Set.copyOf(elsewhere);
        nodePortAddresses = List.copyOf(nodePortAddresses);
    }

    public static NodeView of(IpvsConfig config, NodeFacts node, Set<IpAddress> elsewhere) {
        List<IpAddress> forNodePorts = new ArrayList<>();
        for (IpAddress address : elsewhere) {
            if (address.isReachable() && config.nodePortAddresses().contains(address)) {
                forNodePorts.add(address);
            }
        }
        forNodePorts.sort(null);
        return new NodeView(elsewhere, forNodePorts, node.address(config.family()));
    }
}
