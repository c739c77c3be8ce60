// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api.reflector;

import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.Problem;
import dev.sluice.core.source.ClusterEvent;
import dev.sluice.core.source.ClusterListener;
import dev.sluice.kubernetes.api.reflector.WatchedResource.ObjectKey;
import dev.sluice.kubernetes.api.reflector.WatchedResource.Reading;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The identities and versions of what was delivered of one resource. A list is compared with them, so that only changes
 * are delivered, all of them together. Used by one thread, but for {@link #preload}.
 */
final class HeldObjects {
    private static final Logger LOG = LoggerFactory.getLogger(HeldObjects.class);

    private final WatchedResource resource;
    private final ClusterListener listener;
    private final UnreadableObjects problems;
    private Map<ObjectKey, String> versions = new HashMap<>();
    private boolean listed;

    HeldObjects(WatchedResource resource, ClusterListener listener, UnreadableObjects problems) {
        this.resource = resource;
        this.listener = listener;
        this.problems = problems;
    }

    /** A list that is being read; nothing is delivered before {@link #deliver}. */
    final class Listing {
        private final Map<ObjectKey, String> read = new HashMap<>();
        private final List<ClusterEvent> events = new ArrayList<>();
        private final Map<ObjectKey, List<Problem>> found = new HashMap<>();
        private final boolean whole;

        private Listing(boolean whole) {
            this.whole = whole;
        }

        void add(Reading object) {
            String before = version(object.key());
            String again = read.put(object.key(), object.version());
            if (again == null
                    && !whole
                    && !object.version().isEmpty()
                    && object.version().equals(before)) {
                return;
            }
            found.put(object.key(), object.problems());
            events.addAll(object.events());
        }

        /** Delivers what differs from what is held, with the deletion of what is missing. */
        void deliver() {
            synchronized (HeldObjects.this) {
                deliverAlone();
            }
        }

        private void deliverAlone() {
            List<ObjectKey> missing = versions.keySet().stream()
                    .filter(key -> !read.containsKey(key))
                    .toList();
            missing.forEach(key -> events.addAll(resource.deleted(key)));
            LOG.atDebug()
                    .addKeyValue("resource", resource.plural())
                    .addKeyValue("objects", read.size())
                    .addKeyValue("changes", events.size())
                    .log("listed");
            boolean first = !listed;
            listed = true;
            versions = read;
            if (first) {
                events.add(new ClusterEvent.Listed(resource.kind()));
            }
            if (!events.isEmpty()) {
                listener.acceptAll(events);
            }
            Map<ObjectRef, List<Problem>> judged = new HashMap<>();
            missing.forEach(key -> judged.put(resource.ref(key), List.of()));
            found.forEach((key, list) -> judged.put(resource.ref(key), list));
            problems.putAll(judged);
        }
    }

    /**
     * Begins a list.
     *
     * @param whole whether everything is delivered: the versions held mean nothing to the server
     */
    Listing list(boolean whole) {
        return new Listing(whole);
    }

    private synchronized @Nullable String version(ObjectKey key) {
        return versions.get(key);
    }

    /**
     * Unless a list was delivered: runs {@code delivery} and holds {@code objects} from then on, in a version that no
     * server has. A list that is being read waits.
     *
     * @return whether it has
     */
    synchronized boolean preload(Collection<ObjectKey> objects, Runnable delivery) {
        if (listed) {
            return false;
        }
        objects.forEach(key -> versions.put(key, ""));
        delivery.run();
        return true;
    }

    /** Delivers an added or changed object. */
    synchronized void put(Reading object) {
        log("changed", object.key(), object.version());
        versions.put(object.key(), object.version());
        object.events().forEach(listener::accept);
        problems.put(resource.ref(object.key()), object.problems());
    }

    private void log(String what, ObjectKey key, String version) {
        if (LOG.isDebugEnabled()) { // for each event of the cluster
            LOG.atDebug()
                    .addKeyValue("object", resource.ref(key))
                    .addKeyValue("version", version)
                    .log(what);
        }
    }

    /** Delivers a deletion. */
    synchronized void remove(ObjectKey key) {
        log("deleted", key, "");
        versions.remove(key);
        resource.deleted(key).forEach(listener::accept);
        problems.put(resource.ref(key), List.of());
    }
}
