// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.conntrack;

import dev.sluice.core.config.NodePortAddresses;
import dev.sluice.core.net.IpAddress;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.route.Links;
import dev.sluice.linux.route.Links.LinkAddress;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * The addresses that serve node ports. A connection to the same port number elsewhere is not the proxy's: it is
 * forwarded to another host, or goes to a process of the node that listens on another of its addresses.
 *
 * @param loopback whether loopback addresses serve node ports, as far as {@code addresses} contains them
 * @param serviceLinks links whose addresses are not the node's
 */
record NodePortScope(NodePortAddresses addresses, boolean loopback, Links links, Set<String> serviceLinks) {
    NodePortScope {
        serviceLinks = Set.copyOf(serviceLinks);
    }

    /** The scope as of now. */
    Predicate<IpAddress> now() throws NetlinkException {
        Set<IpAddress> own = links.addresses().stream()
                .filter(address -> !serviceLinks.contains(address.linkName()))
                .map(LinkAddress::address)
                .collect(Collectors.toSet());
        return address -> addresses.contains(address) && (address.isLoopback() ? loopback : own.contains(address));
    }
}
