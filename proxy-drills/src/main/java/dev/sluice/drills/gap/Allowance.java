// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.gap;

import java.util.HashSet;
import java.util.Set;

/**
 * The outcomes that are allowed for a new connection.
 *
 * @param pods the Pods that may answer
 * @param refusal whether it may be refused
 */
record Allowance(Set<String> pods, boolean refusal) {
    Allowance {
        pods = Set.copyOf(pods);
    }

    /** Any of {@code pods} may answer; without Pods, connections are refused. */
    static Allowance of(Set<String> pods) {
        return new Allowance(pods, pods.isEmpty());
    }

    /** Either of the two: while the rules change, both the old state and the new one are allowed. */
    Allowance or(Allowance other) {
        Set<String> both = new HashSet<>(pods);
        both.addAll(other.pods);
        return new Allowance(both, refusal || other.refusal);
    }
}
