// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.config;

import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import java.util.List;

/**
 * The addresses of the node that serve node ports, in one family (kube-proxy 1.36, {@code --nodeport-addresses};
 * {@code primary} is resolved before this is made).
 *
 * @param cidrs the ranges of this family; empty, or one of length 0, means every local address
 */
public record NodePortAddresses(IpFamily family, List<Cidr> cidrs) {

    /** Keeps the ranges of {@code family}; when none remain, every address is served. */
    public static NodePortAddresses of(IpFamily family, List<Cidr> cidrs) {
        return new NodePortAddresses(
                family, cidrs.stream().filter(c -> c.family() == family).toList());
    }

    public NodePortAddresses {
        cidrs = List.copyOf(cidrs);
    }

    public boolean matchesAll() {
        return cidrs.isEmpty() || cidrs.stream().anyMatch(c -> c.length() == 0);
    }

    public boolean contains(IpAddress address) {
        return address.family() == family && (matchesAll() || cidrs.stream().anyMatch(c -> c.contains(address)));
    }

    /** Whether IPv4 loopback addresses are among them. */
    public boolean containsLoopback() {
        return family == IpFamily.IPV4
                && (matchesAll()
                        || cidrs.stream()
                                .anyMatch(c -> c.base().isLoopback() || c.contains(IpAddress.of("127.0.0.0"))));
    }
}
