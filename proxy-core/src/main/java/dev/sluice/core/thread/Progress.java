// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.thread;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A piece of work that a thread of {@link SupervisedThread} is busy with, from its beginning until it is closed. Marked
 * by the thread itself, for a watchdog to find those that do not go on. On any other thread it does nothing.
 *
 * <p>Pieces nest: while an inner one lasts, its own limit counts.
 */
public final class Progress implements AutoCloseable {
    private final @Nullable MarkedThread thread;
    private final @Nullable Progress outer;
    private final Need need;
    private final String work;
    private final Duration limit;
    private volatile long since = System.nanoTime();

    /** What the process is without the work. */
    public enum Need {
        /** Deaf to its cluster, or unable to write rules. */
        VITAL,
        /** Able to serve the node. */
        USEFUL
    }

    private Progress(@Nullable MarkedThread thread, @Nullable Progress outer, Need need, String work, Duration limit) {
        this.thread = thread;
        this.outer = outer;
        this.need = need;
        this.work = work;
        this.limit = limit;
    }

    /**
     * Begins a piece of work on the calling thread, which closes it.
     *
     * @param work for the log, e.g. {@code list of services}
     * @param limit the longest time without {@link #made} that is not a hang
     */
    public static Progress begin(Need need, String work, Duration limit) {
        MarkedThread thread = MarkedThread.current();
        Progress outer = thread == null ? null : thread.progress();
        Progress begun = new Progress(thread, outer, need, work, limit);
        if (thread != null) {
            thread.progress(begun);
        }
        return begun;
    }

    /** Begins a part of the calling thread's work that has a limit of its own. */
    public static Progress part(String work, Duration limit) {
        MarkedThread thread = MarkedThread.current();
        Progress outer = thread == null ? null : thread.progress();
        return begin(outer == null ? Need.USEFUL : outer.need, work, limit);
    }

    /** The calling thread has got on with its work. */
    public static void made() {
        MarkedThread thread = MarkedThread.current();
        Progress current = thread == null ? null : thread.progress();
        if (current != null) {
            current.since = System.nanoTime();
        }
    }

    public boolean isVital() {
        return need == Need.VITAL;
    }

    public String work() {
        return work;
    }

    public Duration limit() {
        return limit;
    }

    /** When it last got on, by {@link System#nanoTime}. */
    public long since() {
        return since;
    }

    @Override
    public void close() {
        if (outer != null) {
            outer.since = System.nanoTime();
        }
        if (thread != null) {
            thread.progress(outer);
        }
    }
}
