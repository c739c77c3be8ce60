package dev.sluice.userspace.balance;

import dev.sluice.core.model.Endpoint;
import dev.sluice.core.net.IpAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * An endpoint of a service port as long as the port has it: how many connections it has open, and whether it takes new ones. Any
 * event loop may ask and tell.
 */
public final class Target {
    private final Key key;
    private final InetSocketAddress socketAddress;
    private final long hash;
    private final AtomicInteger open = new AtomicInteger();
    private final AtomicReference<Health> health = new AtomicReference<>(Health.GOOD);
    private volatile boolean gone;

    /** What an endpoint is known by, whatever its conditions. */
    public record Key(IpAddress address, int port) {
        public static Key of(Endpoint endpoint) {
            return new Key(endpoint.address(), endpoint.port());
        }
    }

    public Target(Key key) {
        this.key = key;
        socketAddress = new InetSocketAddress(key.address().toInetAddress(), key.port());
        hash = Hash.of(key.address(), key.port());
    }

    public Key key() {
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

    /** A connection goes there, or is to: between this and {@link #closed} it counts. */
    public void opened() {
        open.incrementAndGet();
    }

    public void closed() {
        open.decrementAndGet();
    }

    /** Its connections that are open or being opened, and flows of UDP. */
    public int open() {
        return open.get();
    }

    /** Whether it takes connections at {@code now}. */
    boolean admits(long now) {
        return health.get().admits(now);
    }

    /** Whether it is ejected, whoever may try it at present. */
    public boolean isEjected() {
        return health.get().isEjected();
    }

    /** How long it stays ejected until somebody may try it. */
    public Duration ejectedFor(long now) {
        return health.get().left(now);
    }

    /**
     * Takes it for a connection. Of an ejected one whose time is over, one caller gets it.
     *
     * @return whether it may be dialled
     */
    boolean claim(long now) {
        Health present = health.get();
        return present.ejections() == 0 || (present.admits(now) && health.compareAndSet(present, present.probing(now)));
    }

    /** A connect has failed or taken too long. When that ejects it, answers how often in a row it has been; else 0. */
    int failed(long now) {
        while (!gone) {
            Health present = health.get();
            Health next = present.failed(now);
            if (health.compareAndSet(present, next)) {
                return next.ejections() > present.ejections() ? next.ejections() : 0;
            }
        }
        return 0;
    }

    /** It has taken a connection; answers whether it was ejected until then. */
    boolean succeeded() {
        Health present = health.get();
        if (present.failures() == 0) {
            return false;
        }
        return health.getAndSet(Health.GOOD).isEjected();
    }

    /** The service port has it no more: what its connections come to does not count. */
    void leave() {
        gone = true;
    }

    @Override
    public String toString() {
        return key.address().withPort(key.port());
    }
}
