// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.iptables;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.iptables.Iptables.Variant;

/** Names of the tools' programs. */
final class ToolNames {
    private ToolNames() {}

    /** {@code iptables} or {@code ip6tables}. */
    static String of(IpFamily family) {
        return family == IpFamily.IPV4 ? "iptables" : "ip6tables";
    }

    /**
     * For example {@code ip6tables-nft-save}.
     *
     * @param suffix {@code -save}, {@code -restore} or nothing
     */
    static String of(String family, Variant variant, String suffix) {
        return family + (variant == Variant.NFT ? "-nft" : "-legacy") + suffix;
    }
}
