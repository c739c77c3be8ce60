// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace;

import dev.sluice.core.config.LocalDetector;
import dev.sluice.core.model.NodeFacts;
import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.route.Links;
import dev.sluice.linux.route.Links.Link;
import dev.sluice.linux.route.Links.LinkAddress;
import dev.sluice.userspace.routing.Locality;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The addresses of the node in one family, and the one among them that traffic is redirected to.
 *
 * @param proxy the node's own address by the API, else the one chosen before, else the first global one; loopback when
 *     the node has no address at all, which serves the node's own traffic only
 * @param all every address but loopback and link-local ones
 */
record NodeAddresses(IpFamily family, IpAddress proxy, Set<IpAddress> all) {

    /** @param before the proxy's address so far, empty at first */
    static NodeAddresses find(Links links, NodeFacts node, IpFamily family, Optional<IpAddress> before)
            throws NetlinkException {
        // addresses of a dummy device change with what they are for: portals of a proxy with IPVS, a node-local DNS
        // cache
        Set<Integer> dummies = links.links().stream()
                .filter(link -> link.kind().equals("dummy"))
                .map(Link::index)
                .collect(Collectors.toSet());
        List<LinkAddress> usable = links.addresses().stream()
                .filter(a -> a.address().family() == family)
                .filter(a -> !a.address().isLoopback() && !a.address().isLinkLocal())
                .sorted(Comparator.comparingInt(LinkAddress::linkIndex).thenComparing(LinkAddress::address))
                .toList();
        Set<IpAddress> all = usable.stream().map(LinkAddress::address).collect(Collectors.toSet());
        IpAddress proxy = node.addresses().stream()
                .filter(all::contains)
                .findFirst()
                .or(() -> before.filter(all::contains))
                .or(() -> usable.stream()
                        .filter(a -> !dummies.contains(a.linkIndex()))
                        .map(LinkAddress::address)
                        .findFirst())
                .orElseGet(() -> IpAddress.of(family == IpFamily.IPV4 ? "127.0.0.1" : "::1"));
        return new NodeAddresses(family, proxy, all);
    }

    /**
     * Which clients are local. A connection does not show its interface, so the node's Pod ranges replace a detector by
     * interface.
     */
    Locality locality(LocalDetector detector, NodeFacts node) {
        List<Cidr> pods = switch (detector) {
            case LocalDetector.None none -> List.of();
            case LocalDetector.SourceCidr range -> List.of(range.cidr());
            case LocalDetector.Bridge bridge -> podRanges(node);
            case LocalDetector.InterfacePrefix interfaces -> podRanges(node);
        };
        return new Locality(all, pods);
    }

    private List<Cidr> podRanges(NodeFacts node) {
        return node.podCidrs().stream().filter(c -> c.family() == family).toList();
    }
}
