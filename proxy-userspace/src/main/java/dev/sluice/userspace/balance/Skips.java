// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.balance;

/**
 * Which upstreams of a pool new connections skip.
 *
 * @param unhealthy those whose checks fail
 * @param ejected those that refused connections of clients
 */
public record Skips(boolean unhealthy, boolean ejected) {
    static final Skips NONE = new Skips(false, false);
    private static final Skips UNHEALTHY = new Skips(true, false);
    private static final Skips EJECTED = new Skips(false, true);
    private static final Skips BOTH = new Skips(true, true);

    /** Allocates nothing. */
    static Skips of(boolean unhealthy, boolean ejected) {
        if (unhealthy) {
            return ejected ? BOTH : UNHEALTHY;
        }
        return ejected ? EJECTED : NONE;
    }

    boolean isNone() {
        return !unhealthy && !ejected;
    }

    Skips butEjected() {
        return of(unhealthy, false);
    }

    /** Whether {@code upstream} may get a connection at {@code nanoTime}. */
    public boolean admits(Upstream upstream, long nanoTime) {
        return !(unhealthy && upstream.isUnhealthy()) && !(ejected && !upstream.admits(nanoTime));
    }
}
