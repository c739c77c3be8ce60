package dev.sluice.kubernetes.api;

import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * An informer's store that keeps each resource's name and version only: enough to tell what is new, changed or gone after
 * a list. The objects themselves live in the core.
 */
final class StubStore<T extends Watched<?>> implements ItemStore<T> {
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
