package dev.sluice.userspace.routing;

import dev.sluice.core.model.Endpoint;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The endpoints to try for one connection, in order. Used on one event loop. */
public final class Attempts {
    private final List<Endpoint> endpoints;
    private @Nullable Endpoint pinned;
    private int at;

    /**
     * @param pinned tried first, when there is one
     * @param start where in {@code endpoints} the others begin
     */
    Attempts(List<Endpoint> endpoints, @Nullable Endpoint pinned, int start) {
        this.endpoints = endpoints;
        this.pinned = pinned;
        this.at = start;
    }

    /** The next endpoint, round and round; null when there is none at all. */
    public @Nullable Endpoint next() {
        if (endpoints.isEmpty()) {
            return null;
        }
        Endpoint first = pinned;
        if (first != null) {
            pinned = null;
            return first;
        }
        Endpoint next = endpoints.get(at % endpoints.size());
        at = (at + 1) % endpoints.size();
        return next;
    }
}
