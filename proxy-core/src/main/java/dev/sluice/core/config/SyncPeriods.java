// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.config;

import java.time.Duration;

/**
 * When the sync loop runs (kube-proxy's bounded-frequency runner).
 *
 * @param min least time between the end of one sync and the start of the next
 * @param retry longest wait after a failed sync
 * @param max longest time without a full sync
 */
public record SyncPeriods(Duration min, Duration retry, Duration max) {

    public SyncPeriods {
        if (min.isNegative() || retry.isNegative() || retry.isZero() || max.isNegative() || max.isZero()) {
            throw new IllegalArgumentException("periods must be positive: " + min + ", " + retry + ", " + max);
        }
    }
}
