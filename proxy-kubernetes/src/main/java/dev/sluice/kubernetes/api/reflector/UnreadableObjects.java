// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api.reflector;

import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.Problem;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * The problems of watched objects that cannot be read. Reports the whole list to its consumer whenever it changes.
 */
public final class UnreadableObjects {
    private final TreeMap<ObjectRef, List<Problem>> byObject = new TreeMap<>();
    private final Consumer<List<Problem>> consumer;

    public UnreadableObjects(Consumer<List<Problem>> consumer) {
        this.consumer = consumer;
    }

    /** Replaces the problems of one object; none when it is valid or deleted. */
    void put(ObjectRef object, List<Problem> problems) {
        putAll(Map.of(object, problems));
    }

    /** Replaces the problems of each of these objects, and reports them all at once. */
    synchronized void putAll(Map<ObjectRef, List<Problem>> found) {
        boolean changed = false;
        for (Map.Entry<ObjectRef, List<Problem>> each : found.entrySet()) {
            List<Problem> problems = each.getValue();
            List<Problem> before =
                    problems.isEmpty() ? byObject.remove(each.getKey()) : byObject.put(each.getKey(), problems);
            changed |= !problems.equals(before == null ? List.of() : before);
        }
        if (changed) {
            consumer.accept(byObject.values().stream().flatMap(List::stream).toList());
        }
    }
}
