package dev.sluice.kubernetes.api;

import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.Problem;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Consumer;

/** The objects that could not be read, of all kinds together. Tells its consumer the whole list whenever it changes. */
final class Problems {
    private final TreeMap<ObjectRef, List<Problem>> byObject = new TreeMap<>();
    private final Consumer<List<Problem>> consumer;

    Problems(Consumer<List<Problem>> consumer) {
        this.consumer = consumer;
    }

    /** Notes the problems of one object, in place of those that it had; none when it is well or gone. */
    synchronized void of(ObjectRef object, List<Problem> problems) {
        List<Problem> before = problems.isEmpty() ? byObject.remove(object) : byObject.put(object, problems);
        if (!problems.equals(before == null ? List.of() : before)) {
            consumer.accept(byObject.values().stream().flatMap(List::stream).toList());
        }
    }
}
