// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.otherproxy;

import dev.sluice.core.kernel.HostException;
import dev.sluice.linux.Errno;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.socket.LocalSocket;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The lock of the one proxy of a network namespace: a name in the abstract socket namespace, which belongs to the
 * network namespace and which the kernel frees however the process ends.
 *
 * <p>There are two names, so that the lock can pass from a process to its successor without a moment in which a third
 * one could take it. Who holds either name has the lock. A fresh start must find both free at once: it takes the first
 * and tries the second. A successor takes the name that its predecessor does not hold, while that still holds its own.
 */
public final class ProxyLock implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ProxyLock.class);

    private static final String FIRST = "sluice-proxy-1";
    private static final String SECOND = "sluice-proxy-2";
    private static final Duration ANSWER = Duration.ofSeconds(1);
    private static final Duration PAUSE = Duration.ofMillis(100);
    /** Attempts at a name whose owner does not listen or is another user's, until that counts as no proxy. */
    private static final int FOREIGN_AFTER = 10;

    private final String mode;
    private final String since = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    private @Nullable HeldName held;
    private LockHolder lastSeen = LockHolder.UNKNOWN;
    private int foreign;
    private volatile boolean handsOver;

    /** @param mode of this process, for others to read */
    public ProxyLock(String mode) {
        this.mode = mode;
    }

    /**
     * Takes the lock if it is free. Empty when this process has it; otherwise who holds it.
     *
     * <p>A name that a foreign process has taken, as any local user can, does not keep the proxy from working: after
     * some attempts this process goes on without the lock.
     */
    synchronized Optional<LockHolder> acquire() {
        if (held != null || foreign >= FOREIGN_AFTER) {
            return Optional.empty();
        }
        try {
            Optional<LockHolder> holder = takeBoth();
            foreign = holder.isPresent() && !holder.get().isKnown() ? foreign + 1 : 0;
            if (foreign < FOREIGN_AFTER) {
                return holder;
            }
            LOG.warn("going on without the lock against a second proxy: a process that is no Sluice has its name");
        } catch (NetlinkException e) {
            LOG.atWarn().addKeyValue("cause", e.getMessage()).log("going on without the lock against a second proxy");
            foreign = FOREIGN_AFTER;
        }
        return Optional.empty();
    }

    /** As {@link #acquire()}; tries again for {@code patience} while the holder is one to wait for. */
    synchronized Optional<LockHolder> acquire(Duration patience, Predicate<LockHolder> waitFor)
            throws InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        Optional<LockHolder> holder = acquire();
        while (holder.filter(waitFor).isPresent() && System.nanoTime() - deadline < 0) {
            Thread.sleep(PAUSE);
            holder = acquire();
        }
        return holder;
    }

    private Optional<LockHolder> takeBoth() throws NetlinkException {
        Optional<LocalSocket> first = bind(FIRST);
        if (first.isEmpty()) {
            return Optional.of(holder(FIRST));
        }
        try {
            Optional<LocalSocket> second = bind(SECOND);
            if (second.isPresent()) {
                second.get().close();
                hold(first.get());
                return Optional.empty();
            }
        } finally {
            if (held == null) {
                first.get().close();
            }
        }
        return Optional.of(holder(SECOND));
    }

    /** Empty when another process has the name. */
    private static Optional<LocalSocket> bind(String name) throws NetlinkException {
        try {
            return Optional.of(LocalSocket.listen(name));
        } catch (NetlinkException e) {
            if (e.errno() == Errno.EADDRINUSE) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private void hold(LocalSocket socket) {
        held = new HeldName(socket, () -> new LockHolder(mode, ownPid(), since, handsOver, true).line());
    }

    private static long ownPid() {
        try {
            return Long.parseLong(Files.readSymbolicLink(Path.of("/proc/self")).toString());
        } catch (IOException | NumberFormatException e) {
            LOG.debug("/proc/self", e);
            return 0;
        }
    }

    private LockHolder holder(String name) {
        try {
            Optional<LocalSocket> connected = LocalSocket.connect(name);
            if (connected.isEmpty()) {
                return LockHolder.UNKNOWN;
            }
            try (LocalSocket socket = connected.get()) {
                int peer = socket.peerProcess();
                Optional<String> line = socket.receiveText(ANSWER);
                if (line.isPresent()) {
                    lastSeen = LockHolder.of(line.get(), peer);
                } else {
                    lastSeen =
                            lastSeen.isKnown() && peer == lastSeen.pid() ? lastSeen.silent() : LockHolder.silent(peer);
                }
            }
        } catch (NetlinkException e) {
            // its queue is full: it is stopped, hangs, or is a foreign process if it was never known
            LOG.debug("{}", e.getMessage());
            lastSeen = lastSeen.silent();
        }
        return lastSeen;
    }

    /**
     * Takes the name that the predecessor does not hold. Its own name keeps others out until it ends; so call
     * {@link #release()} when it has ended meanwhile. Does nothing when this process has the lock.
     *
     * @throws HostException when another process is doing the same
     */
    public synchronized void inherit() throws HostException, InterruptedException {
        long deadline = System.nanoTime() + ANSWER.toNanos();
        while (held == null && foreign < FOREIGN_AFTER) {
            if (!takeEither()) {
                if (System.nanoTime() - deadline >= 0) {
                    throw new HostException("another process is taking over from the running proxy already");
                }
                Thread.sleep(PAUSE);
            }
        }
    }

    private boolean takeEither() throws HostException {
        try {
            for (String name : List.of(FIRST, SECOND)) {
                Optional<LocalSocket> socket = bind(name);
                if (socket.isPresent()) {
                    hold(socket.get());
                    return true;
                }
            }
            return false;
        } catch (NetlinkException e) {
            throw new HostException(e);
        }
    }

    /**
     * Takes the lock within {@code patience}, in case the process has ended that was to hand it over.
     *
     * @throws HostException when another process has it
     */
    public void require(Duration patience) throws HostException, InterruptedException {
        Optional<LockHolder> holder = acquire(patience, any -> true);
        if (holder.isPresent()) {
            throw new HostException(holder.get() + " serves this network namespace meanwhile");
        }
    }

    /** Says to others whether a process of the same mode may take over from this one now. */
    public void handsOver(boolean ready) {
        handsOver = ready;
    }

    /** Frees the lock. */
    public synchronized void release() {
        if (held != null) {
            held.release();
            held = null;
        }
    }

    @Override
    public void close() {
        release();
    }
}
