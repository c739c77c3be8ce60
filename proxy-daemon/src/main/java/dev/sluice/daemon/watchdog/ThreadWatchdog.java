// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.watchdog;

import dev.sluice.core.sync.Ticker;
import dev.sluice.core.thread.Progress;
import dev.sluice.core.thread.RepeatedFailure;
import dev.sluice.core.thread.SupervisedThread;
import dev.sluice.core.thread.ThreadActivity;
import dev.sluice.daemon.health.HealthProblem;
import dev.sluice.daemon.health.ProblemCause;
import dev.sluice.daemon.health.ProblemSource;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A watchdog for threads that hang: those that have been busy with a piece of work for longer than its limit without
 * getting on. Each is logged with its stack, and is a problem, which is fatal if the process is of no use without it.
 *
 * <p>Time counts only while the watchdog looks: a process that was stopped, or had no CPU, has not hung.
 */
public final class ThreadWatchdog implements ProblemSource, AutoCloseable {
    /** A system property, in seconds: no limit is longer. */
    static final String LONGEST_LIMIT = "sluice.watchdog.longest-limit-seconds";

    private static final Logger LOG = LoggerFactory.getLogger(ThreadWatchdog.class);
    private static final Duration INTERVAL = Duration.ofSeconds(5);
    private static final int FRAMES = 40;

    private final Duration interval;
    private final Duration longestLimit;
    private final Ticker ticker;
    private final InstantSource clock;
    private final Supplier<List<ThreadActivity>> threads;
    private final Runnable afterwards;
    private final Thread thread = SupervisedThread.restarting("sluice-watchdog", this::watch);
    private Map<Thread, Busy> busy = Map.of();
    private volatile List<HealthProblem> problems = List.of();
    private long lastLook;

    /** A thread since it last got on. */
    private static final class Busy {
        private final Progress progress;
        private final long since;
        private Duration observed;
        private @Nullable Instant hangsSince;

        Busy(Progress progress, Duration observed) {
            this.progress = progress;
            this.since = progress.since();
            this.observed = observed;
        }

        boolean isStillAt(Progress now) {
            return progress == now && since == now.since();
        }
    }

    ThreadWatchdog(
            Duration interval,
            Duration longestLimit,
            Ticker ticker,
            InstantSource clock,
            Supplier<List<ThreadActivity>> threads,
            Runnable afterwards) {
        this.interval = interval;
        this.longestLimit = longestLimit;
        this.ticker = ticker;
        this.clock = clock;
        this.threads = threads;
        this.afterwards = afterwards;
        lastLook = ticker.nanos();
    }

    /**
     * A watchdog for the threads of this process, that looks every few seconds.
     *
     * @param afterwards runs after each look, on the watchdog's thread
     */
    public static ThreadWatchdog start(Runnable afterwards) {
        Duration longest = Optional.ofNullable(Long.getLong(LONGEST_LIMIT))
                .map(Duration::ofSeconds)
                .orElse(Duration.ofDays(1));
        Duration half = Duration.ofMillis(longest.toMillis() / 2);
        Duration shorter = half.compareTo(INTERVAL) < 0 ? half : INTERVAL;
        ThreadWatchdog watchdog = new ThreadWatchdog(
                shorter, longest, Ticker.system(), InstantSource.system(), SupervisedThread::activities, afterwards);
        watchdog.thread.start();
        return watchdog;
    }

    private void watch() throws InterruptedException {
        while (true) {
            look();
            afterwards.run();
            Thread.sleep(interval);
        }
    }

    /** Finds what hangs now. */
    synchronized void look() {
        long now = ticker.nanos();
        Duration passed = Duration.ofNanos(now - lastLook);
        Duration most = interval.plus(interval);
        Duration counted = passed.compareTo(most) < 0 ? passed : most;
        lastLook = now;
        Map<Thread, Busy> next = new HashMap<>();
        List<HealthProblem> found = new ArrayList<>();
        for (ThreadActivity activity : threads.get()) {
            Progress progress = activity.progress();
            if (progress != null) {
                Busy state = busySince(activity.thread(), progress, now, counted);
                next.put(activity.thread(), state);
                if (hangs(activity.thread(), state)) {
                    found.add(problem(activity.thread(), state));
                }
            }
            if (activity.failure() != null) {
                found.add(problem(activity.thread(), activity.failure()));
            }
        }
        busy.forEach((thread, before) -> {
            if (before.hangsSince != null && next.get(thread) != before) {
                LOG.atWarn()
                        .addKeyValue("thread", thread.getName())
                        .addKeyValue("work", before.progress.work())
                        .log("{} goes on: {} took longer than expected", thread.getName(), before.progress.work());
            }
        });
        busy = next;
        problems = List.copyOf(found);
    }

    private Busy busySince(Thread thread, Progress progress, long now, Duration counted) {
        Busy before = busy.get(thread);
        if (before != null && before.isStillAt(progress)) {
            before.observed = before.observed.plus(counted);
            return before;
        }
        Duration age = Duration.ofNanos(Math.max(0, now - progress.since()));
        return new Busy(progress, age.compareTo(counted) < 0 ? age : counted);
    }

    private boolean hangs(Thread thread, Busy state) {
        Duration own = state.progress.limit();
        Duration limit = own.compareTo(longestLimit) < 0 ? own : longestLimit;
        if (state.observed.compareTo(limit) < 0) {
            return false;
        }
        if (state.hangsSince == null) {
            state.hangsSince = clock.instant().minus(state.observed);
            LOG.atError()
                    .addKeyValue("thread", thread.getName())
                    .addKeyValue("work", state.progress.work())
                    .addKeyValue("busy", state.observed)
                    .log(
                            "{} hangs: busy with {} for {} s without progress; {}, {}",
                            thread.getName(),
                            state.progress.work(),
                            state.observed.toSeconds(),
                            state.progress.isVital() ? "/livez is 503" : "the process goes on without it",
                            stack(thread));
        }
        return true;
    }

    private HealthProblem problem(Thread thread, Busy state) {
        Instant since = state.hangsSince == null ? clock.instant() : state.hangsSince;
        String message = "hangs: busy with " + state.progress.work() + " without progress";
        return state.progress.isVital()
                ? HealthProblem.fatal(ProblemCause.THREAD_HANGING, "thread " + thread.getName(), message, since)
                : HealthProblem.of(ProblemCause.THREAD_HANGING, "thread " + thread.getName(), message, since);
    }

    private static HealthProblem problem(Thread thread, RepeatedFailure failure) {
        String times = failure.count() == 1 ? "once" : failure.count() + " times";
        return HealthProblem.of(
                ProblemCause.THREAD_FAILING,
                "thread " + thread.getName(),
                "has failed " + times + ", the last time with " + failure.cause(),
                failure.since());
    }

    /** In one line, the innermost call first. */
    private static String stack(Thread thread) {
        StringBuilder text = new StringBuilder("state " + thread.getState());
        StackTraceElement[] frames = thread.getStackTrace();
        for (int i = 0; i < Math.min(frames.length, FRAMES); i++) {
            text.append(i == 0 ? " at " : " < ").append(frames[i]);
        }
        return text.toString();
    }

    @Override
    public List<HealthProblem> problems(Instant now) {
        return problems;
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
