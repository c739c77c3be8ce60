// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables.dispatch;

/**
 * Sizes at which a dispatch chain becomes a tree.
 *
 * @param flat most rules of a shared chain that stays a list, as kube-proxy writes it
 * @param leaf most rules of a leaf of a tree
 * @param depth most levels of chains below the shared chain, up to 8: the nft variant allows 16 jumps, and kube-proxy's
 *     own chains need 7
 */
public record DispatchLimits(int flat, int leaf, int depth) {
    static final DispatchLimits DEFAULT = new DispatchLimits(128, 32, 8);

    /** The system property for {@link #flat()}, to compare the layouts in measurements. */
    static final String FLAT_PROPERTY = "sluice.iptables.flat-rules";

    public DispatchLimits {
        if (flat < 0 || leaf < 1 || depth < 1 || depth > 8) {
            throw new IllegalArgumentException("flat " + flat + ", leaf " + leaf + ", depth " + depth);
        }
    }

    /**
     * {@link #DEFAULT}, with {@link #flat()} from the system property if it is set; a very large number never splits.
     */
    public static DispatchLimits fromSystem() {
        return new DispatchLimits(Integer.getInteger(FLAT_PROPERTY, DEFAULT.flat), DEFAULT.leaf, DEFAULT.depth);
    }
}
