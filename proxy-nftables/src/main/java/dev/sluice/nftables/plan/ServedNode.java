// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables.plan;

import dev.sluice.core.model.NodeFacts;
import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.sync.ProxySnapshot;
import dev.sluice.linux.nftables.SetElement;
import dev.sluice.linux.nftables.Words;
import dev.sluice.nftables.config.NftablesConfig;
import dev.sluice.nftables.layout.ServiceSet;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * What the elements of a table depend on beside Services, in one family.
 *
 * @param nodeIp the node's primary address, when known
 * @param nodePortAddresses the node's addresses that serve node ports, sorted; empty where all do
 * @param localhost whether loopback addresses serve node ports
 * @param serviceRanges that cluster addresses are taken from
 */
public record ServedNode(
        Optional<IpAddress> nodeIp, List<IpAddress> nodePortAddresses, boolean localhost, List<Cidr> serviceRanges) {
    private static final int LAST_PROTOCOL = 255;

    public ServedNode {
        nodePortAddresses = List.copyOf(nodePortAddresses);
        serviceRanges = List.copyOf(serviceRanges);
    }

    /** @param present all addresses of the node's links */
    public static ServedNode of(NftablesConfig config, ProxySnapshot desired, Collection<IpAddress> present) {
        List<IpAddress> serving = config.nodePortAddresses().matchesAll()
                ? List.of()
                : present.stream()
                        .filter(address -> address.isReachable()
                                && config.nodePortAddresses().contains(address))
                        .distinct()
                        .sorted()
                        .toList();
        NodeFacts node = desired.node();
        return new ServedNode(
                node.address(config.family()), serving, config.localhostNodePorts(), desired.serviceRanges());
    }

    /** Whether {@code desired} needs the same of what it knows. */
    public boolean fits(ProxySnapshot desired) {
        return nodeIp.equals(desired.node().address(desired.family())) && serviceRanges.equals(desired.serviceRanges());
    }

    /** The elements that are there without any Service. */
    public List<Placed> elements() {
        List<Placed> elements = new ArrayList<>();
        for (IpAddress address : nodePortAddresses) {
            Words key = new Words.Builder().address(address).build();
            elements.add(new Placed(ServiceSet.NODE_PORT_ADDRESSES, SetElement.of(key)));
        }
        for (Cidr range : Ranges.disjoint(serviceRanges)) {
            SetElement element = SetElement.range(key(range.base(), 0), key(Ranges.last(range), LAST_PROTOCOL));
            elements.add(new Placed(ServiceSet.SERVICE_RANGES, element));
        }
        return elements;
    }

    private static Words key(IpAddress address, int protocol) {
        return new Words.Builder().address(address).protocol(protocol).build();
    }
}
