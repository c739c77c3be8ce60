// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.lab;

import java.util.Map;
import java.util.TreeMap;

/** A count of failures by kind, for any number of threads. */
public final class Failures {
    private final Map<String, Long> counts = new TreeMap<>();

    public synchronized void add(String what) {
        counts.merge(what, 1L, Long::sum);
    }

    /** The number of all failures. */
    public synchronized long total() {
        return counts.values().stream().mapToLong(n -> n).sum();
    }

    @Override
    public synchronized String toString() {
        return counts.toString();
    }
}
