// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.SocketAddress;
import dev.sluice.userspace.routing.PortBalancer;
import dev.sluice.userspace.routing.RoutingTable;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.util.concurrent.EventExecutor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The event loops that carry the traffic of both families. The two backends of userspace mode share one engine; its
 * creator closes it.
 *
 * <p>Its threads, and so all its sockets, belong to the network namespace of the thread that calls {@link #start}.
 */
public final class UserspaceEngine implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(UserspaceEngine.class);

    /** The time that connections opened during a drain have to end by themselves. */
    private static final Duration LAST_MOMENT = Duration.ofSeconds(2);

    /** The time that the last packet of a handshake may take. */
    private static final Duration HANDSHAKE = Duration.ofMillis(500);

    private final EngineOptions options;
    private final OriginalDestinations destinations;
    private final DatagramDestinations.Opener datagramDestinations;
    private final EngineAdders counters = new EngineAdders();
    private final Map<IpFamily, TcpListeners> listeners = new EnumMap<>(IpFamily.class);
    private final List<LoopContext> contexts = new ArrayList<>();
    private @Nullable EventLoopGroup group;
    private @Nullable EndpointChecks checks;
    private volatile OutageListener outages = (_, _, _) -> {};
    private volatile boolean closed;

    /** An engine that looks up original destinations in conntrack. Opens nothing yet. */
    public UserspaceEngine(EngineOptions options) {
        this(options, OriginalDestinations.CONNTRACK, DatagramDestinations.FromConntrack::open);
    }

    public UserspaceEngine(
            EngineOptions options,
            OriginalDestinations destinations,
            DatagramDestinations.Opener datagramDestinations) {
        this.options = options;
        this.destinations = destinations;
        this.datagramDestinations = datagramDestinations;
    }

    public EngineOptions options() {
        return options;
    }

    public EngineCounters counters() {
        return counters;
    }

    /**
     * Starts the event loops, unless they run already.
     *
     * @throws EngineException when Netty's native library for epoll cannot be loaded, the mark of its sockets cannot be
     *     set, or the engine was closed
     */
    public synchronized void start() {
        if (closed) {
            throw new EngineException("the userspace engine is closed");
        }
        if (group != null) {
            return;
        }
        if (!Epoll.isAvailable()) {
            Throwable cause = Epoll.unavailabilityCause();
            throw new EngineException(
                    "userspace mode needs Netty's native library for epoll, which does not load on "
                            + System.getProperty("os.name") + "/" + System.getProperty("os.arch") + ": "
                            + cause + " (it is unpacked to java.io.tmpdir, now " + System.getProperty("java.io.tmpdir")
                            + ", which must be writable and not mounted noexec)",
                    cause);
        }
        new SocketProbes().requireMark(options.socketMark());
        EventLoopGroup loops = new SupervisedLoops(options.eventLoops(), () -> closed, new HalfOpenEpoll());
        for (EventExecutor executor : loops) {
            LoopContext context = new LoopContext((EventLoop) executor, options, counters);
            contexts.add(context);
            context.start();
        }
        group = loops;
    }

    /**
     * Listens for redirected TCP connections of {@code table}'s family: one socket for each event loop, all on one port
     * that the kernel chooses. A family that listens already keeps its port.
     *
     * @return the port
     * @throws EngineException when a socket cannot be bound
     */
    public synchronized int listen(RoutingTable table) {
        start();
        TcpListeners open = listeners.get(table.family());
        if (open == null) {
            open = TcpListeners.open(contexts, table, destinations);
            listeners.put(table.family(), open);
            LOG.atInfo()
                    .addKeyValue("family", table.family())
                    .addKeyValue("count", open.count())
                    .addKeyValue("port", open.port())
                    .log("TCP listeners are open");
        }
        return open.port();
    }

    /**
     * Whether sockets may have foreign addresses of {@code family}.
     *
     * @throws EngineException when the kernel refuses it
     */
    public void requireClientSources(IpFamily family) {
        new SocketProbes().requireClientSources(family);
    }

    /** The number of listening TCP sockets of {@code family}. */
    public synchronized int listeners(IpFamily family) {
        TcpListeners open = listeners.get(family);
        return open == null ? 0 : open.count();
    }

    /**
     * Opens the sockets for redirected datagrams of {@code table}'s family: one for each event loop, all on one port.
     *
     * @param address an address of this node, to which the rules redirect; with a port that is used if it is free, or 0
     *     for one that the kernel chooses
     * @throws EngineException when one cannot be bound, or original destinations cannot be looked up
     */
    public synchronized UdpSockets openUdp(RoutingTable table, SocketAddress address) {
        start();
        return UdpSockets.open(contexts, table, address, datagramDestinations);
    }

    /** Gives every later change of an endpoint's health to {@code listener}, which must not block. */
    public void reportTo(OutageListener listener) {
        outages = listener;
    }

    /** Checks the endpoints of {@code balancer} as its policy says, if it says so; call it after each change. */
    public synchronized void check(PortBalancer balancer) {
        start();
        EndpointChecks present = checks;
        if (present == null) {
            present = new EndpointChecks(
                    contexts.getFirst().loop,
                    options.socketMark(),
                    counters,
                    (of, upstream, outage) -> outages.changed(of, upstream, outage));
            checks = present;
        }
        present.update(balancer);
    }

    /** Ends the checks of a service port that is removed. */
    public synchronized void uncheck(PortBalancer balancer) {
        EndpointChecks present = checks;
        if (present != null && group != null) {
            present.remove(balancer);
        }
    }

    /** Stops accepting TCP connections of {@code family}; the kernel refuses them from now on. Open ones go on. */
    public synchronized void stopListening(IpFamily family) {
        TcpListeners open = listeners.remove(family);
        if (open != null) {
            open.close();
        }
    }

    /**
     * Waits until the open connections have ended, for at most {@code limit}, while new ones are accepted. Then stops
     * listening, gives the last connections a moment, and closes. UDP continues until then.
     *
     * @param beforeRefusing runs before the first new connection would be refused
     * @param beforeClosing runs before the first datagram would be
     * @return the number of connections that were reset
     */
    public long drain(Duration limit, Runnable beforeRefusing, Runnable beforeClosing) throws InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        onLoops(context -> {
            context.remember();
            return 0;
        });
        await(() -> onLoops(LoopContext::remembered) == 0, deadline);
        beforeRefusing.run();
        TimeUnit.NANOSECONDS.sleep(HANDSHAKE.toNanos());
        for (IpFamily family : IpFamily.values()) {
            stopListening(family);
        }
        await(
                () -> counters.connectionsActive() == onLoops(LoopContext::remembered),
                System.nanoTime() + LAST_MOMENT.toNanos());
        long left = counters.connectionsActive();
        beforeClosing.run();
        close();
        return left;
    }

    private static void await(BooleanSupplier condition, long deadline) throws InterruptedException {
        while (!condition.getAsBoolean() && System.nanoTime() - deadline < 0) {
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }

    /** The sum of {@code question} over all loops, each asked on its own thread. */
    private long onLoops(ToIntFunction<LoopContext> question) {
        List<LoopContext> running;
        synchronized (this) {
            running = List.copyOf(contexts);
        }
        return running.stream()
                .map(context -> context.loop.submit(() -> question.applyAsInt(context)))
                .mapToLong(answer -> answer.syncUninterruptibly().getNow())
                .sum();
    }

    /** Resets the open connections and ends the event loops. */
    @Override
    public synchronized void close() {
        closed = true;
        for (IpFamily family : IpFamily.values()) {
            stopListening(family);
        }
        EventLoopGroup loops = group;
        if (loops == null) {
            return;
        }
        group = null;
        for (LoopContext context : contexts) {
            context.loop.submit(context::abortAll).awaitUninterruptibly();
        }
        contexts.clear();
        loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
    }
}
