// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.balance;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.SocketAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** An endpoint of a service port, for as long as the port has it: its open connections and its health. Thread-safe. */
public final class Upstream {
    private final SocketAddress key;
    private final InetSocketAddress socketAddress;
    private final long hash;
    private final AtomicInteger open = new AtomicInteger();
    private final AtomicReference<PassiveHealth> health = new AtomicReference<>(PassiveHealth.GOOD);
    private final AtomicReference<ActiveHealth> checked = new AtomicReference<>(ActiveHealth.GOOD);
    private volatile boolean removed;

    public Upstream(SocketAddress key) {
        this.key = key;
        socketAddress = new InetSocketAddress(key.address().toInetAddress(), key.port());
        hash = AddressHash.of(key.address(), key.port());
    }

    public SocketAddress key() {
        return key;
    }

    public IpAddress address() {
        return key.address();
    }

    public int port() {
        return key.port();
    }

    public InetSocketAddress socketAddress() {
        return socketAddress;
    }

    long hash() {
        return hash;
    }

    /** Counts a connection from the moment it is being opened until {@link #closed}. */
    public void opened() {
        open.incrementAndGet();
    }

    public void closed() {
        open.decrementAndGet();
    }

    /** The connections that are open or being opened, and the UDP flows. */
    public int open() {
        return open.get();
    }

    /** Whether it takes connections at {@code now}. */
    boolean admits(long now) {
        return health.get().admits(now);
    }

    /** Whether it is ejected, even if a connection may try it now. */
    public boolean isEjected() {
        return health.get().isEjected();
    }

    /** How long until a connection may try it, zero when it is not ejected. */
    public Duration ejectedFor(long now) {
        return health.get().left(now);
    }

    /**
     * Claims it for a connection. Of an ejected upstream whose time is over, one caller gets it.
     *
     * @return whether the caller may connect to it
     */
    boolean claim(long now) {
        PassiveHealth present = health.get();
        return present.ejections() == 0 || (present.admits(now) && health.compareAndSet(present, present.probing(now)));
    }

    /**
     * Notes that a connect has failed or timed out. Returns the number of ejections in a row if that ejects it, else 0.
     */
    int failed(long now) {
        while (!removed) {
            PassiveHealth present = health.get();
            PassiveHealth next = present.failed(now);
            if (health.compareAndSet(present, next)) {
                return next.ejections() > present.ejections() ? next.ejections() : 0;
            }
        }
        return 0;
    }

    /** Notes that it has accepted a connection; returns whether that ends an ejection. */
    boolean succeeded() {
        PassiveHealth present = health.get();
        if (present.failures() == 0) {
            return false;
        }
        return health.getAndSet(PassiveHealth.GOOD).isEjected();
    }

    /** Why it is unhealthy by its checks; null while it is healthy, or not checked. */
    public @Nullable Outage outage() {
        return checked.get().outage();
    }

    boolean isUnhealthy() {
        return outage() != null;
    }

    /** Notes a passed check; returns whether that makes it healthy again. */
    boolean checkPassed(int rise) {
        return change(health -> health.passed(rise));
    }

    /** Notes a failed check; returns whether that makes it unhealthy. */
    boolean checkFailed(int fall, String cause, Instant now) {
        return change(health -> health.failed(fall, cause, now));
    }

    /** Forgets its checks; returns whether it was unhealthy. */
    boolean forgetChecks() {
        return change(_ -> ActiveHealth.GOOD);
    }

    /** Returns whether it turned healthy or unhealthy. */
    private boolean change(UnaryOperator<ActiveHealth> step) {
        ActiveHealth before = checked.get();
        while (!before.isRemoved()) {
            ActiveHealth after = step.apply(before);
            if (checked.compareAndSet(before, after)) {
                return (before.outage() == null) != (after.outage() == null);
            }
            before = checked.get();
        }
        return false;
    }

    /**
     * Notes that the service port has lost it: its connects and checks no longer count. Returns whether it was
     * unhealthy.
     */
    boolean remove() {
        removed = true;
        return checked.getAndSet(ActiveHealth.REMOVED).outage() != null;
    }

    @Override
    public String toString() {
        return key.toString();
    }
}
