// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.daemon;

import dev.sluice.linux.iptables.Iptables.Variant;
import dev.sluice.testkit.lab.LabHost;

/**
 * The hint by which a daemon chooses its variant of iptables on a host: an empty chain in mangle, as kubelet creates it
 * (see {@code iptables-wrappers} of the Kubernetes project).
 */
public final class VariantHint {
    private VariantHint() {}

    /** Creates the chain. */
    public static void leave(LabHost node, Variant variant) {
        node.run(tool(variant, ""), "-w", "5", "-t", "mangle", "-N", "KUBE-IPTABLES-HINT")
                .orThrow();
    }

    /**
     * A program's name, e.g. {@code iptables-nft-save}.
     *
     * @param suffix {@code -save}, {@code -restore} or empty
     */
    public static String tool(Variant variant, String suffix) {
        return switch (variant) {
            case NFT -> "iptables-nft" + suffix;
            case LEGACY -> "iptables-legacy" + suffix;
        };
    }
}
