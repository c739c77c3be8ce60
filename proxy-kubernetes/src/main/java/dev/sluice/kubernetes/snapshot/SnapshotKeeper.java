// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.snapshot;

import dev.sluice.core.thread.ProcessEnd;
import dev.sluice.core.thread.SupervisedTimer;
import dev.sluice.kubernetes.snapshot.SnapshotProblems.Matter;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the snapshot when objects have changed: not at once, so that changes which follow one another are one write,
 * and at a rate that a disk bears for years. A failed write is repeated.
 */
final class SnapshotKeeper implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SnapshotKeeper.class);

    /** On average, in a cluster that never rests: 17 GB a day. */
    private static final long BYTES_PER_SECOND = 200_000;

    /** More than the header and the checksum take. */
    private static final int FRAME = 4096;

    private final SnapshotFile file;
    private final StoredObjects objects;
    private final Supplier<SnapshotHeader> header;
    private final SnapshotProblems problems;
    private final SnapshotObserver observer;
    private final SnapshotTiming timing;
    private final SupervisedTimer timer;
    private boolean complete;
    private boolean changed;
    private boolean scheduled;
    private boolean writing;
    private boolean closed;
    private long earliest = System.nanoTime();

    /** @param header makes that of a snapshot which is written now */
    SnapshotKeeper(
            SnapshotFile file,
            StoredObjects objects,
            Supplier<SnapshotHeader> header,
            SnapshotProblems problems,
            SnapshotObserver observer,
            SnapshotTiming timing,
            SupervisedTimer timer) {
        this.file = file;
        this.objects = objects;
        this.header = header;
        this.problems = problems;
        this.observer = observer;
        this.timing = timing;
        this.timer = timer;
    }

    /** From now on the objects are the whole state, as the API server has it; what is stored is from before. */
    synchronized void complete() {
        complete = true;
        changed = true;
        schedule();
    }

    /** An object has changed. */
    synchronized void changed() {
        changed = true;
        schedule();
    }

    private void schedule() {
        if (complete && changed && !scheduled && !closed) {
            scheduled = true;
            long delay = Math.max(timing.settle().toNanos(), earliest - System.nanoTime());
            var _ = timer.schedule(this::write, delay, TimeUnit.NANOSECONDS);
        }
    }

    private synchronized boolean begin() {
        scheduled = false;
        writing = changed;
        changed = false;
        return writing;
    }

    private synchronized void ended(boolean written, Duration pause) {
        writing = false;
        earliest = System.nanoTime() + pause.toNanos();
        changed |= !written;
        schedule();
    }

    private void write() {
        if (!begin()) {
            return;
        }
        try {
            file.prepare();
            requireSize();
            SnapshotHeader now = header.get();
            long bytes = new SnapshotWrite(file, now, objects.lines()).run();
            LOG.atDebug()
                    .addKeyValue("path", file.path())
                    .addKeyValue("bytes", bytes)
                    .log("the snapshot is written");
            ended(true, pause(bytes));
            observer.stored(now.written(), bytes);
            problems.end(Matter.WRITING);
            problems.end(Matter.READING);
        } catch (IOException e) {
            failed(Reasons.of(e), e);
        } catch (UnusableSnapshotException e) {
            failed(String.valueOf(e.getMessage()), e);
        }
    }

    private void failed(String reason, Exception failure) {
        LOG.atDebug().addKeyValue("path", file.path()).setCause(failure).log("the snapshot cannot be written");
        ended(false, timing.pause());
        observer.notStored();
        problems.begin(
                Matter.WRITING, "cannot be written: " + reason + "; the one before stays, and it is tried again");
    }

    private void requireSize() throws IOException {
        long bytes = objects.bytes() + FRAME;
        if (bytes > SnapshotFile.MAX_BYTES) {
            throw new IOException(
                    "it would have " + bytes + " bytes, more than the limit of " + SnapshotFile.MAX_BYTES);
        }
    }

    private Duration pause(long bytes) {
        Duration paced = Duration.ofSeconds(bytes / BYTES_PER_SECOND);
        return paced.compareTo(timing.pause()) < 0 ? timing.pause() : paced;
    }

    private synchronized boolean isDueAtTheEnd() {
        boolean due = complete && (changed || writing) && !closed;
        closed = true;
        return due;
    }

    /** Writes what has changed since the last write, and lets that end, unless it takes too long. */
    @Override
    public void close() {
        if (!isDueAtTheEnd()) {
            return;
        }
        Future<?> last = timer.submit(this::write);
        try {
            last.get(timing.end().toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException e) {
            ProcessEnd.ifFatal(e);
            LOG.atDebug().addKeyValue("path", file.path()).setCause(e).log("the last changes are not in the snapshot");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
