package dev.sluice.ipvs.sync;

import java.util.Map;
import java.util.TreeMap;

/** What somebody else has changed of ours: how many things of what, by kind and name. */
public final class Drift {
    private final Map<String, Map<String, Integer>> found = new TreeMap<>();
    private boolean fullSync;

    void found(String kind, String name, int count) {
        found.computeIfAbsent(kind, k -> new TreeMap<>()).merge(name, count, Integer::sum);
    }

    /** More may have changed than was looked at. */
    void needsFullSync() {
        fullSync = true;
    }

    boolean isFullSyncNeeded() {
        return fullSync;
    }

    boolean isEmpty() {
        return found.isEmpty();
    }

    Map<String, Map<String, Integer>> found() {
        return found;
    }

    void add(Drift other) {
        other.found.forEach((kind, names) -> names.forEach((name, count) -> found(kind, name, count)));
        fullSync |= other.fullSync;
    }
}
