// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.sync;

import dev.sluice.core.kernel.KernelObject;
import java.util.Map;
import java.util.TreeMap;

/** Changes by other programs to our objects, each with the number of things changed. */
final class Drift {
    private final Map<KernelObject, Integer> found = new TreeMap<>();
    private boolean fullSync;

    void found(String kind, String name, int count) {
        found.merge(new KernelObject(kind, name), count, Integer::sum);
    }

    /** More may have changed than was compared. */
    void needsFullSync() {
        fullSync = true;
    }

    boolean isFullSyncNeeded() {
        return fullSync;
    }

    boolean isEmpty() {
        return found.isEmpty();
    }

    Map<KernelObject, Integer> found() {
        return found;
    }

    void add(Drift other) {
        other.found.forEach((object, count) -> found.merge(object, count, Integer::sum));
        fullSync |= other.fullSync;
    }
}
