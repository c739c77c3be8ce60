// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables.plan;

import org.jspecify.annotations.Nullable;

/**
 * The pools of one service port.
 *
 * @param cluster for traffic under the Cluster policy, and for that of Pods and the node under the external policy
 *     Local; null when nothing uses it
 * @param local for traffic under the Local policy; null when nothing uses it
 */
public record PoolPair(@Nullable Pool cluster, @Nullable Pool local) {
    /** Those of a port that has no endpoints, or is not there. */
    public static final PoolPair NONE = new PoolPair(null, null);

    /** Which of them a pool is. */
    public enum Use {
        CLUSTER,
        LOCAL
    }
}
