// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.balance;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The health of an endpoint by the checks that its Service requests: healthy at first, unhealthy after so many failed
 * checks in a row, healthy again after so many passed ones.
 *
 * @param inARow the checks in a row that contradict the present state
 * @param outage null while it is healthy
 */
record ActiveHealth(int inARow, @Nullable Outage outage) {
    static final ActiveHealth GOOD = new ActiveHealth(0, null);
    /** In place of the health of an endpoint that its service port has lost. */
    static final ActiveHealth REMOVED = new ActiveHealth(-1, null);

    boolean isRemoved() {
        return inARow < 0;
    }

    ActiveHealth passed(int rise) {
        if (outage == null) {
            return GOOD;
        }
        return inARow + 1 < rise ? new ActiveHealth(inARow + 1, outage) : GOOD;
    }

    ActiveHealth failed(int fall, String cause, Instant now) {
        if (outage != null) {
            return new ActiveHealth(0, new Outage(outage.since(), cause));
        }
        return inARow + 1 < fall ? new ActiveHealth(inARow + 1, null) : new ActiveHealth(0, new Outage(now, cause));
    }
}
