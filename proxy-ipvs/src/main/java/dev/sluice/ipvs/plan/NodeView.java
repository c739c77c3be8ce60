// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.plan;

import dev.sluice.core.model.NodeFacts;
import dev.sluice.core.net.IpAddress;
import dev.sluice.ipvs.config.IpvsConfig;
import java.util.ArrayList;
import java.util.Collection;
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
 * @param bindable the external addresses that may be bound while other nodes are unknown; empty when all may
 */
public record NodeView(
        Set<IpAddress> elsewhere,
        List<IpAddress> nodePortAddresses,
        Optional<IpAddress> nodeIp,
        Optional<Set<IpAddress>> bindable) {
    public NodeView {
        elsewhere = Set.copyOf(elsewhere);
        nodePortAddresses = List.copyOf(nodePortAddresses);
        bindable = bindable.map(Set::copyOf);
    }

    /** With all other nodes known. */
    public NodeView(Set<IpAddress> elsewhere, List<IpAddress> nodePortAddresses, Optional<IpAddress> nodeIp) {
        this(elsewhere, nodePortAddresses, nodeIp, Optional.empty());
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

    /** The same while other nodes are unknown: of the external addresses only {@code bound} may be bound. */
    public NodeView bindingOnly(Collection<IpAddress> bound) {
        return new NodeView(elsewhere, nodePortAddresses, nodeIp, Optional.of(Set.copyOf(bound)));
    }

    boolean mayBind(IpAddress address) {
        return bindable.isEmpty() || bindable.get().contains(address);
    }

    /** Where node ports are reached from here: at the primary address if they are served there. */
    Optional<IpAddress> nodePortAddress() {
        return nodeIp.filter(nodePortAddresses::contains)
                .or(() -> nodePortAddresses.stream().findFirst());
    }
}
