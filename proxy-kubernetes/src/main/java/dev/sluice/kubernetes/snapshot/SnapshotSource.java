// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.snapshot;

import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ResourceKind;
import dev.sluice.core.source.ClusterEvent;
import dev.sluice.core.source.ClusterListener;
import dev.sluice.core.source.ClusterSource;
import dev.sluice.core.thread.SupervisedTimer;
import dev.sluice.kubernetes.snapshot.SnapshotProblems.Matter;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A source with a memory: keeps a snapshot of what another source delivers and, when that has not listed a kind within
 * {@link SnapshotTiming#patience()}, delivers the snapshot's objects of it. The first list then changes what differs.
 * What the other source has delivered is never replaced by a snapshot.
 */
public final class SnapshotSource implements ClusterSource {
    private static final Logger LOG = LoggerFactory.getLogger(SnapshotSource.class);

    private final PreloadableSource source;
    private final SnapshotFile file;
    private final Supplier<SnapshotOwner> owner;
    private final Supplier<SnapshotHeader> header;
    private final SnapshotObserver observer;
    private final SnapshotTiming timing;
    private final SupervisedTimer timer = new SupervisedTimer("sluice-snapshot");
    private final StoredObjects objects = new StoredObjects();
    /** The kinds without which no rule is written. The other nodes are asked for only where a mode needs them. */
    private static final Set<ResourceKind> NEEDED =
            EnumSet.complementOf(EnumSet.of(ResourceKind.PEER, ResourceKind.SERVICE_CIDR));

    /** What the other source has listed, and what it has not since the snapshot stands in. */
    private final Set<ResourceKind> listed = EnumSet.noneOf(ResourceKind.class);

    private final Set<ResourceKind> awaited = EnumSet.noneOf(ResourceKind.class);
    /** What was delivered from the snapshot and not listed since. */
    private final Set<ResourceKind> preloaded = ConcurrentHashMap.newKeySet();

    private volatile @Nullable SnapshotKeeper keeper;

    /**
     * A source that is not started.
     *
     * @param owner of the snapshots, at present
     * @param writer the version of this Sluice
     */
    public SnapshotSource(
            PreloadableSource source,
            Path directory,
            Supplier<SnapshotOwner> owner,
            String writer,
            SnapshotObserver observer,
            SnapshotTiming timing,
            InstantSource clock) {
        this.source = source;
        this.file = new SnapshotFile(directory);
        this.owner = owner;
        this.header = () -> new SnapshotHeader(
                writer, clock.instant().truncatedTo(ChronoUnit.MILLIS), owner.get(), isListed(ResourceKind.PEER));
        this.observer = observer;
        this.timing = timing;
    }

    @Override
    public void start(ClusterListener listener) {
        SnapshotProblems problems = new SnapshotProblems(file.ref(), listener);
        SnapshotKeeper writing = new SnapshotKeeper(file, objects, header, problems, observer, timing, timer);
        keeper = writing;
        timer.execute(() -> prepare(problems)); // a disk may keep who asks it waiting
        source.start(new FromServer(listener, problems, writing));
        var _ = timer.schedule(
                () -> standIn(listener, problems), timing.patience().toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() {
        source.close();
        SnapshotKeeper writing = keeper;
        if (writing != null) {
            writing.close();
        }
        timer.shutdownNow();
    }

    private void prepare(SnapshotProblems problems) {
        try {
            file.prepare();
            SnapshotWrite.removeAbandoned(file);
        } catch (UnusableSnapshotException e) {
            begin(problems, "is not used: " + e.getMessage());
        } catch (IOException e) {
            begin(problems, "is not used: " + Reasons.of(e));
        }
    }

    /** Logs it besides: problems wait, as all else, until the Node is known or known to be missing. */
    private void begin(SnapshotProblems problems, String message) {
        LOG.atWarn().addKeyValue("path", file.path()).log("The snapshot {}", message);
        problems.begin(Matter.READING, message);
    }

    private void standIn(ClusterListener listener, SnapshotProblems problems) {
        if (missing().isEmpty()) {
            return;
        }
        try {
            file.prepare();
            Snapshot snapshot = file.read(owner.get());
            Set<ResourceKind> kinds = markInUse(snapshot.header(), problems);
            if (kinds.remove(ResourceKind.PEER)) {
                // first: before the others no rule is written
                deliver(ResourceKind.PEER, snapshot.of(ResourceKind.PEER), listener, problems);
            }
            if (!kinds.isEmpty()) {
                deliverRanges(snapshot, listener, problems);
            }
            kinds.forEach(kind -> deliver(kind, snapshot.of(kind), listener, problems));
        } catch (NoSuchFileException e) {
            LOG.atInfo()
                    .addKeyValue("waited", timing.patience())
                    .addKeyValue("path", file.path())
                    .log("The API server has not delivered, and there is no snapshot yet");
        } catch (UnusableSnapshotException e) {
            begin(problems, "is not used: " + e.getMessage());
        } catch (IOException e) {
            begin(problems, "cannot be read: " + Reasons.of(e));
        }
    }

    /**
     * Before the needed kinds, so that the first sync has them. The mark in health does not wait for the server's,
     * which it may not have; and a snapshot without any says nothing of them.
     */
    private void deliverRanges(Snapshot snapshot, ClusterListener listener, SnapshotProblems problems) {
        List<ObjectLine> ranges = snapshot.of(ResourceKind.SERVICE_CIDR);
        if (!ranges.isEmpty()) {
            deliver(ResourceKind.SERVICE_CIDR, ranges, listener, problems);
        }
    }

    private synchronized Set<ResourceKind> missing() {
        Set<ResourceKind> missing = EnumSet.copyOf(NEEDED);
        missing.removeAll(listed);
        return missing;
    }

    private synchronized boolean isListed(ResourceKind kind) {
        return listed.contains(kind);
    }

    /** Before anything of it is delivered: nobody shall see its traffic without the mark. */
    private synchronized Set<ResourceKind> markInUse(SnapshotHeader header, SnapshotProblems problems) {
        awaited.addAll(missing());
        if (awaited.isEmpty()) {
            return EnumSet.noneOf(ResourceKind.class);
        }
        if (header.peers() && !isListed(ResourceKind.PEER)) {
            awaited.add(ResourceKind.PEER);
        }
        observer.fromSnapshot(header.written());
        problems.begin(
                Matter.USE,
                "carries traffic from the snapshot of " + header.written()
                        + ": the API server has not delivered its objects since the start");
        return EnumSet.copyOf(awaited);
    }

    private void deliver(
            ResourceKind kind, List<ObjectLine> lines, ClusterListener listener, SnapshotProblems problems) {
        Set<ObjectRef.Resource> refs = lines.stream().map(ObjectLine::ref).collect(Collectors.toSet());
        boolean delivered = source.preload(kind, refs, () -> {
            LOG.atInfo()
                    .addKeyValue("resource", kind.plural())
                    .addKeyValue("objects", lines.size())
                    .addKeyValue("path", file.path())
                    .log("Objects are taken from the snapshot");
            preloaded.add(kind);
            lines.forEach(objects::put);
            List<ClusterEvent> events = new ArrayList<>();
            lines.forEach(line -> events.add(line.event()));
            events.add(new ClusterEvent.Listed(kind));
            listener.acceptAll(events);
        });
        if (!delivered) {
            settle(kind, problems);
        }
    }

    /** Nothing of {@code kind} is taken from the snapshot, or not any more. */
    private synchronized void settle(ResourceKind kind, SnapshotProblems problems) {
        if (awaited.remove(kind) && awaited.isEmpty()) {
            LOG.atInfo()
                    .addKeyValue("path", file.path())
                    .log("The API server has delivered its objects; the snapshot is not used any more");
            observer.live();
            problems.end(Matter.USE);
        }
    }

    private synchronized boolean isComplete(ResourceKind kind) {
        listed.add(kind);
        return missing().isEmpty();
    }

    /** What the other source delivers. */
    private final class FromServer implements ClusterListener {
        private final ClusterListener listener;
        private final SnapshotProblems problems;
        private final SnapshotKeeper writing;

        private FromServer(ClusterListener listener, SnapshotProblems problems, SnapshotKeeper writing) {
            this.listener = listener;
            this.problems = problems;
            this.writing = writing;
        }

        @Override
        public void accept(ClusterEvent event) {
            acceptAll(List.of(event));
        }

        @Override
        public void acceptAll(List<ClusterEvent> events) {
            boolean delivered = events.stream().anyMatch(this::isListedAfterSnapshot);
            List<ClusterEvent> passed = new ArrayList<>(events.size());
            boolean changed = false;
            for (ClusterEvent event : events) {
                if (event instanceof ClusterEvent.SourceProblems(List<Problem> list)) {
                    problems.ofSource(list);
                    continue;
                }
                boolean differs = objects.take(event);
                changed |= differs;
                if (differs || !delivered) {
                    passed.add(event);
                }
            }
            if (!passed.isEmpty()) {
                listener.acceptAll(passed);
            }
            if (changed) {
                writing.changed();
            }
            events.forEach(this::afterwards);
        }

        /** The list comes as one: of it, only what differs from the snapshot is news. */
        private boolean isListedAfterSnapshot(ClusterEvent event) {
            return event instanceof ClusterEvent.Listed(ResourceKind kind) && preloaded.contains(kind);
        }

        private void afterwards(ClusterEvent event) {
            if (event instanceof ClusterEvent.Listed(ResourceKind kind)) {
                preloaded.remove(kind);
                boolean complete = isComplete(kind);
                settle(kind, problems);
                if (complete) {
                    writing.complete();
                }
            }
        }
    }
}
