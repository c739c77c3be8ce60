// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables.render;

import dev.sluice.core.net.IpFamily;

/**
 * The names of the IP sets that remember clients: those of the endpoints' chains, which are unique, with the {@code 6}
 * that kube-proxy puts into the names of IPv6 sets. At most 27 characters; the kernel takes 31.
 */
public final class ClientSetNames {
    private static final String CHAIN = "KUBE-SEP-";
    private static final String IPV6 = "KUBE-6-SEP-";

    private ClientSetNames() {}

    /** The set of the endpoint with that {@code KUBE-SEP-} chain. */
    public static String of(IpFamily family, String chain) {
        return prefix(family) + chain.substring(CHAIN.length());
    }

    /** The chain of the endpoint with that set. */
    public static String chain(IpFamily family, String set) {
        return CHAIN + set.substring(prefix(family).length());
    }

    /** Whether a set of that name remembers clients of {@code family}, for this process or an earlier one. */
    public static boolean isOurs(IpFamily family, String name) {
        return name.startsWith(prefix(family));
    }

    /** A set for trials. */
    public static String trial(IpFamily family) {
        return prefix(family) + "TRIAL";
    }

    private static String prefix(IpFamily family) {
        return family == IpFamily.IPV4 ? CHAIN : IPV6;
    }
}
