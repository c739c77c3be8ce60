// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.sync;

import dev.sluice.core.config.SyncPeriods;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.source.ClusterEvent;
import dev.sluice.core.source.ClusterListener;
import dev.sluice.core.thread.ProcessEnd;
import dev.sluice.core.thread.Progress;
import dev.sluice.core.thread.SupervisedThread;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread that owns the cluster state and the backends ({@code sluice-sync}). All other threads post to it, so no
 * state needs a lock. No exception of an object, a backend or an observer ends it.
 */
public final class SyncLoop implements ClusterListener, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SyncLoop.class);
    /** A stop takes two seconds in all; the next start compares everything with the kernel. */
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(1);
    /** Far more than the first sync of 30,000 Services takes. */
    private static final Duration LONGEST_WITHOUT_PROGRESS = Duration.ofMinutes(10);

    private final SyncDriver driver;
    private final SyncObservers observers;
    private final Thread thread;
    private final LinkedBlockingQueue<Runnable> posted = new LinkedBlockingQueue<>();
    private volatile boolean ended;
    private boolean stopping;

    /**
     * Creates a loop that does nothing until {@link #start}. The caller closes the backends, after the loop.
     *
     * @param backends one for each family that is served
     * @param observers each is notified of everything, whatever another one throws
     */
    public SyncLoop(
            ClusterState state,
            List<ProxyBackend> backends,
            SyncPeriods periods,
            List<SyncObserver> observers,
            Ticker ticker,
            InstantSource clock) {
        this.observers = new SyncObservers(observers);
        List<FamilySync> families = backends.stream()
                .sorted(Comparator.comparing(ProxyBackend::family))
                .map(backend -> new FamilySync(backend, state, periods, ticker, clock, this.observers))
                .toList();
        driver = new SyncDriver(state, families, this.observers);
        thread = SupervisedThread.vital("sluice-sync", this::run);
        thread.setDaemon(false);
    }

    /** Uses the system's clocks. */
    public SyncLoop(
            ClusterState state, List<ProxyBackend> backends, SyncPeriods periods, List<SyncObserver> observers) {
        this(state, backends, periods, observers, Ticker.system(), InstantSource.system());
    }

    /** Starts the thread. Events posted before are kept. */
    public void start() {
        thread.start();
    }

    /** Continues without the node's own object; it is still used when it arrives later. */
    public void proceedWithoutNode() {
        posted.add(driver::proceedWithoutNode);
    }

    /** Requests a full sync of every family; {@code reason} is logged. */
    public void requestFull(String reason) {
        posted.add(() -> driver.requestFull(reason));
    }

    /**
     * Compares what is suspect in {@code family} with the kernel and repairs it, after the running sync.
     *
     * @return completes when that is done, has failed, or was left to the next sync, which compares everything; the
     *     observers are notified of what was repaired
     */
    public CompletableFuture<?> repair(IpFamily family, Suspects suspects) {
        return submit(() -> {
            driver.repair(family, suspects);
            return family;
        });
    }

    /**
     * Runs {@code task} on the sync thread, between two syncs: the way to query a backend.
     *
     * @return what the task returns or throws; fails with {@link RejectedExecutionException} when the loop has ended
     */
    public <T> CompletableFuture<T> submit(Callable<T> task) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        posted.add(new Question<>(task, answer));
        if (ended) {
            refusePosted();
        }
        return answer;
    }

    /**
     * Pauses the loop after the running sync until {@code verdict} is known: true ends the loop without another sync,
     * false resumes it.
     *
     * @return completes when the loop is paused
     */
    public CompletableFuture<?> hold(CompletableFuture<Boolean> verdict) {
        CompletableFuture<Void> holding = new CompletableFuture<>();
        posted.add(() -> {
            holding.complete(null);
            stopping |= verdict.join();
        });
        return holding;
    }

    /** Ends the thread after the running sync, and waits a second for it. Undoes nothing in the kernel. */
    @Override
    public void close() {
        posted.add(() -> stopping = true);
        if (Thread.currentThread() == thread || thread.getState() == Thread.State.NEW) {
            return;
        }
        try {
            if (!thread.join(CLOSE_PATIENCE)) {
                LOG.atWarn()
                        .addKeyValue("waited", CLOSE_PATIENCE)
                        .log("the running sync has not finished; not waiting any longer");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        try {
            driver.started();
            loop();
        } catch (Throwable e) {
            LOG.error("the sync thread ends because the virtual machine fails; the process must be restarted", e);
            observers.call(o -> o.died(e));
        } finally {
            ended = true;
            refusePosted();
        }
    }

    private void loop() {
        while (!stopping) {
            // not until the queue is empty: a flood of events must not keep syncs from running
            for (int waiting = posted.size(); waiting > 0 && !stopping; waiting--) {
                handle(posted.poll());
            }
            if (!stopping) {
                handle(await(runDue()));
            }
        }
    }

    private long runDue() {
        try (Progress _ = busy()) {
            return driver.runDue();
        }
    }

    /** A tool that a sync runs has a limit of its own. */
    private static Progress busy() {
        return Progress.begin(Progress.Need.VITAL, "syncs", LONGEST_WITHOUT_PROGRESS);
    }

    private @Nullable Runnable await(long nanos) {
        try {
            return posted.poll(nanos, TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            LOG.debug("interrupted for no known reason; continuing", e);
            return null;
        }
    }

    private static void handle(@Nullable Runnable message) {
        if (message != null) {
            try (Progress _ = busy()) {
                message.run();
            }
        }
    }

    private void refusePosted() {
        for (Runnable message = posted.poll(); message != null; message = posted.poll()) {
            if (message instanceof Question<?> question) {
                question.refuse();
            }
        }
    }

    /** A task whose caller waits for the result. */
    private record Question<T>(Callable<T> task, CompletableFuture<T> answer) implements Runnable {

        @Override
        public void run() {
            try {
                answer.complete(task.call());
            } catch (Throwable e) {
                answer.completeExceptionally(e);
                ProcessEnd.rethrowFatal(e);
            }
        }

        void refuse() {
            answer.completeExceptionally(new RejectedExecutionException("the sync thread has ended"));
        }
    }

    @Override
    public void accept(ClusterEvent event) {
        posted.add(() -> driver.accept(event));
    }

    /** No sync runs between two of {@code events}. */
    @Override
    public void acceptAll(List<ClusterEvent> events) {
        List<ClusterEvent> together = List.copyOf(events);
        posted.add(() -> driver.acceptAll(together));
    }
}
