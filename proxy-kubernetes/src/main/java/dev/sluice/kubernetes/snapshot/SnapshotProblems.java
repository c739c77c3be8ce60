// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.snapshot;

import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.Problem;
import dev.sluice.core.source.ClusterEvent;
import dev.sluice.core.source.ClusterListener;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** The problems of a source together with those of its snapshot, delivered when they have changed. Thread-safe. */
final class SnapshotProblems {
    private final ObjectRef file;
    private final ClusterListener listener;
    private final Map<Matter, Problem> own = new EnumMap<>(Matter.class);
    private List<Problem> ofSource = List.of();
    private List<Problem> delivered = List.of();

    /** What a problem is about; there is one problem about it at most. */
    enum Matter {
        READING,
        USE,
        WRITING
    }

    SnapshotProblems(ObjectRef file, ClusterListener listener) {
        this.file = file;
        this.listener = listener;
    }

    synchronized void ofSource(List<Problem> problems) {
        ofSource = List.copyOf(problems);
        deliver();
    }

    synchronized void begin(Matter matter, String message) {
        own.put(matter, Problem.ignored(file, "", message));
        deliver();
    }

    synchronized void end(Matter matter) {
        own.remove(matter);
        deliver();
    }

    private void deliver() {
        List<Problem> all = new ArrayList<>(ofSource);
        all.addAll(own.values());
        if (!all.equals(delivered)) {
            delivered = List.copyOf(all);
            listener.accept(new ClusterEvent.SourceProblems(delivered));
        }
    }
}
