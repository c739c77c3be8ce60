// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.model;

import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import java.util.List;
import java.util.Optional;

/**
 * What the proxy knows of its own node.
 *
 * @param name the node's name, lower case
 * @param zone the value of the label {@code topology.kubernetes.io/zone}, empty when there is none
 * @param addresses internal addresses, then external ones; the first is the primary
 * @param podCidrs the ranges of the node's Pods, empty until assigned
 */
public record NodeFacts(String name, String zone, List<IpAddress> addresses, List<Cidr> podCidrs) {

    public NodeFacts {
        addresses = List.copyOf(addresses);
        podCidrs = List.copyOf(podCidrs);
    }

    /** A node known by name only. */
    public static NodeFacts unknown(String name) {
        return new NodeFacts(name, "", List.of(), List.of());
    }

    /** The first address of {@code family}. */
    public Optional<IpAddress> address(IpFamily family) {
        return addresses.stream().filter(a -> a.family() == family).findFirst();
    }
}
