// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.gap;

import java.util.HashSet;
import java.util.Set;

/**
 * What a new connection may come to.
 *
 * @param pods who may answer
 * @param refusal whether it may be refused
 */
record Allowance(Set<String> pods, boolean refusal) {
    Allowance {
        pods = Set.copyOf(pods);
    }

    /** Without Pods, connections are refused. */
    static Allowance of(Set<String> pods) {
        return new Allowance(pods, pods.isEmpty());
    }

    /** While one state of the rules turns into another, either may be met. */
    Allowance or(Allowance other) {
        Set<String> both = new HashSet<>(pods);
        both.addAll(other.pods);
        return new Allowance(both, refusal || other.refusal);
    }
}
