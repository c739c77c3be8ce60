package dev.sluice.ipvs.plan;

import dev.sluice.core.model.NodeFacts;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.ipvs.config.IpvsConfig;
import dev.sluice.ipvs.kernel.DummyDevice;
import dev.sluice.linux.route.Links.LinkAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The node's own addresses in one family, as rendering needs them. Those on the dummy device are not among them: they are
 * Services' addresses, and neither serve node ports nor keep an external address from being bound.
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

    public static NodeView of(IpvsConfig config, NodeFacts node, Collection<LinkAddress> addresses) {
        IpFamily family = config.family();
        Set<IpAddress> elsewhere = elsewhere(family, addresses);
        List<IpAddress> forNodePorts = new ArrayList<>();
        for (IpAddress address : elsewhere) {
            if (address.isReachable() && config.nodePortAddresses().contains(address)) {
                forNodePorts.add(address);
            }
        }
        forNodePorts.sort(null);
        return new NodeView(elsewhere, forNodePorts, node.address(family));
    }

    /** Those of {@code addresses} that are on another device than the dummy. */
    public static Set<IpAddress> elsewhere(IpFamily family, Collection<LinkAddress> addresses) {
        Set<IpAddress> elsewhere = new HashSet<>();
        for (LinkAddress address : addresses) {
            if (address.address().family() == family && !address.linkName().equals(DummyDevice.NAME)) {
                elsewhere.add(address.address());
            }
        }
        return elsewhere;
    }
}
