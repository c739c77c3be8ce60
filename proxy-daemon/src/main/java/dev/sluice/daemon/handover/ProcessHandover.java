// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.handover;

import dev.sluice.core.kernel.HostException;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.SyncLoop;
import dev.sluice.core.sync.SyncObserver;
import dev.sluice.core.thread.ProcessEnd;
import dev.sluice.core.thread.SupervisedThread;
import dev.sluice.daemon.otherproxy.ProxyLock;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.socket.LocalSocket;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes over from a daemon that still runs on the node, and later hands over to a successor. For modes whose process
 * carries the traffic.
 *
 * <p>The successor connects, and the predecessor stops writing rules ({@link #HOLDING}). The successor listens on a
 * port of its own, and its first syncs lead new connections there. It reports that ({@link #IN_FORCE}), and the
 * predecessor stops listening and keeps its open connections until it is asked to end. A successor that fails before
 * that has changed nothing: the predecessor continues.
 */
public final class ProcessHandover implements SyncObserver, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ProcessHandover.class);

    private static final int HOLDING = 'H';
    private static final int IN_FORCE = 'F';
    private static final Duration POLL = Duration.ofMillis(200);
    /** The thread is woken up when there is something to do; each look takes processor time of an idle node. */
    private static final Duration LOOK_ANYWAY = Duration.ofMinutes(1);

    private static final Duration HOLD_PATIENCE = Duration.ofSeconds(10);
    private static final Duration START_PATIENCE = Duration.ofMinutes(2);

    private final String name;
    private final ProxyLock lock;
    private final Set<IpFamily> missing;
    private final Runnable retire;
    private final CompletableFuture<SyncLoop> loop = new CompletableFuture<>();
    private final Thread thread = SupervisedThread.restarting("sluice-handover", this::serve);
    private @Nullable LocalSocket predecessor;
    /** What successors connect to, once this process hands over. */
    private volatile @Nullable LocalSocket door;

    private volatile boolean closed;

    /**
     * A hand-over that has not connected yet.
     *
     * @param name under which processes of the mode find each other; one for each network namespace
     * @param lock passes to this process when it takes over
     * @param families whose rules must be in force before a predecessor may stop listening
     * @param retire releases what a successor needs, once new connections go to it
     */
    public ProcessHandover(String name, ProxyLock lock, Set<IpFamily> families, Runnable retire) {
        this.name = name;
        this.lock = lock;
        missing = EnumSet.copyOf(families);
        this.retire = retire;
    }

    /**
     * Asks a daemon that runs already to write no more rules; waits until its running sync has ended. Afterwards this
     * process has the lock, unless the other one has ended meanwhile.
     *
     * @param own not started yet
     * @throws HostException when another process is about to take over
     */
    public void takeOver(SyncLoop own) throws HostException, InterruptedException {
        loop.complete(own);
        try {
            Optional<LocalSocket> found = LocalSocket.connect(name);
            if (found.isEmpty()) {
                return;
            }
            LocalSocket other = found.get();
            if (other.receive(HOLD_PATIENCE) == HOLDING) {
                LOG.atInfo().addKeyValue("process", other.peerProcess()).log("taking over from a running process");
            } else {
                LOG.atWarn()
                        .addKeyValue("process", other.peerProcess())
                        .log("the process has not confirmed that it writes no more rules; going on");
            }
            inherit(other);
        } catch (NetlinkException e) {
            LOG.atWarn().addKeyValue("cause", e.getMessage()).log("cannot look for a running daemon");
        }
    }

    private void inherit(LocalSocket other) throws HostException, InterruptedException {
        lock.inherit();
        if (other.receive(Duration.ZERO) == LocalSocket.END) {
            // it held the lock for both until its end; a third process may have it now
            lock.release();
            other.close();
        } else {
            predecessor = other;
        }
    }

    @Override
    public void succeeded(Success success) {
        if (missing.remove(success.family()) && missing.isEmpty()) {
            thread.start();
        }
    }

    private void serve() {
        LocalSocket other = predecessor;
        if (other != null) {
            other.send(IN_FORCE);
            int end = other.receive(HOLD_PATIENCE);
            LOG.atInfo()
                    .addKeyValue("process", other.peerProcess())
                    .log(
                            "took over from process {}{}",
                            other.peerProcess(),
                            end == LocalSocket.END ? "" : ", which is slow");
            other.close();
            predecessor = null;
        }
        try (LocalSocket listener = LocalSocket.listen(name)) {
            lock.handsOver(true);
            door = listener;
            boolean retired = false;
            while (!closed && !retired) {
                Optional<LocalSocket> successor = listener.accept(LOOK_ANYWAY);
                if (successor.isPresent()) {
                    try (LocalSocket taken = successor.get()) {
                        retired = handOver(taken, listener);
                    }
                }
            }
        } catch (NetlinkException e) {
            LOG.atWarn().addKeyValue("cause", e.getMessage()).log("a successor cannot take over without a gap");
        }
    }

    private boolean handOver(LocalSocket successor, LocalSocket listener) {
        CompletableFuture<Boolean> verdict = new CompletableFuture<>();
        try {
            loop.join().hold(verdict).get(HOLD_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            LOG.atInfo().addKeyValue("process", successor.peerProcess()).log("a successor is about to take over");
            successor.send(HOLDING);
            int answer = waitFor(successor);
            if (answer == IN_FORCE) {
                LOG.atInfo()
                        .addKeyValue("process", successor.peerProcess())
                        .log("the successor has taken over; open connections go on here");
                verdict.complete(true);
                retire.run();
                listener.close(); // before the successor is answered, which listens here next
                return true;
            }
            if (!closed) {
                LOG.atWarn()
                        .addKeyValue("process", successor.peerProcess())
                        .log("the successor has not taken over after all");
                loop.join().requestFull("a successor failed to take over");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            ProcessEnd.ifFatal(e);
            LOG.atWarn()
                    .addKeyValue("process", successor.peerProcess())
                    .log("a sync takes too long for the successor to take over");
        } finally {
            verdict.complete(closed);
        }
        return false;
    }

    private int waitFor(LocalSocket successor) {
        long deadline = System.nanoTime() + START_PATIENCE.toNanos();
        int answer = LocalSocket.NOTHING;
        while (answer == LocalSocket.NOTHING && !closed && System.nanoTime() - deadline < 0) {
            answer = successor.receive(POLL);
        }
        return answer;
    }

    @Override
    public void close() {
        closed = true;
        LocalSocket listener = door;
        if (listener != null) {
            listener.end();
        }
        lock.handsOver(false);
        if (thread.getState() == Thread.State.NEW) {
            LocalSocket other = predecessor;
            if (other != null) {
                other.close(); // it goes on
            }
            return;
        }
        try {
            if (!thread.join(HOLD_PATIENCE)) {
                LOG.atWarn()
                        .addKeyValue("waited", HOLD_PATIENCE)
                        .log("the hand-over has not ended; not waiting any longer");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
