// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * An informer's store that keeps only the name and version of each resource: enough to find what a list added, changed
 * or deleted. The core keeps the objects.
 */
final class StubStore<T extends WatchedResource<?>> implements ItemStore<T> {
    private final ConcurrentHashMap<String, T> stubs = new ConcurrentHashMap<>();
    private final UnaryOperator<T> toStub;

    StubStore(UnaryOperator<T> toStub) {
        this.toStub = toStub;
    }

    @Override
    public String getKey(T resource) {
        return resource.identity().key();
    }

    @Override
    public @Nullable T put(String key, T resource) {
        return stubs.put(key, toStub.apply(resource));
    }

    @Override
    public @Nullable T remove(String key) {
        return stubs.remove(key);
    }

    @Override
    public Stream<String> keySet() {
        return stubs.keySet().stream();
    }

    @Override
    public Stream<T> values() {
        return stubs.values().stream();
    }

    @Override
    public int size() {
        return stubs.size();
    }

    @Override
    public @Nullable T get(String key) {
        return stubs.get(key);
    }

    /** Tells the informer to deliver what it received, not what is stored here. */
    @Override
    public boolean isFullState() {
        return false;
    }
}
