// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.http;

import dev.sluice.core.thread.Progress;
import dev.sluice.core.thread.SupervisedThread;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An HTTP server on any number of ports with one thread, which waits for no client: whatever a client sends or leaves
 * out costs the others nothing, within the {@link HttpLimits}.
 */
public final class HttpLoop implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HttpLoop.class);
    private static final long TICK_NANOS = Duration.ofSeconds(1).toNanos();
    /** Without connections: each look around takes processor time of an idle node. */
    private static final long IDLE_TICK_NANOS = Duration.ofSeconds(5).toNanos();

    private static final Duration HANGS = Duration.ofMinutes(5);
    private static final long PAUSE_NANOS = Duration.ofMillis(100).toNanos();
    private static final Duration END = Duration.ofSeconds(2);
    private static final int BACKLOG = 128;
    /** Between two turns of the clients that are already there. */
    private static final int MOST_ACCEPTED_AT_ONCE = 16;

    private final String name;
    private final HttpLimits limits;
    private final Runnable everyTick;
    private final Selector selector;
    private final Thread thread;
    private final ConnectionTable connections;
    private final Queue<Runnable> posted = new ConcurrentLinkedQueue<>();
    private final List<HttpConnection> again = new ArrayList<>();
    private final List<SelectionKey> paused = new ArrayList<>();
    private final RareLog refusals = new RareLog(Duration.ofMinutes(1));
    private final RareLog defects = new RareLog(Duration.ofMinutes(1));
    private final ByteBuffer buffer = ByteBuffer.allocate(4096);
    private long pausedUntil;
    private volatile boolean closed;

    /**
     * A loop that does not run yet.
     *
     * @param name of its thread
     * @param everyTick runs on the loop's thread about once a second, and while no client is connected every 5 seconds
     */
    public HttpLoop(String name, HttpLimits limits, Runnable everyTick) throws IOException {
        this.name = name;
        this.limits = limits;
        this.everyTick = everyTick;
        connections = new ConnectionTable(limits);
        selector = Selector.open();
        thread = SupervisedThread.vital(name, this::run);
    }

    public void start() {
        thread.start();
    }

    /** Runs {@code task} on the loop's thread. */
    public void post(Runnable task) {
        posted.add(task);
        selector.wakeup();
    }

    /**
     * Listens.
     *
     * @param site answers each request on the loop's thread; must not block
     */
    public ServerSocketChannel listen(ProtocolFamily family, InetSocketAddress address, Function<Request, Answer> site)
            throws IOException {
        return listen(ServerSocketChannel.open(family), address, site);
    }

    /** Listens in both families where the address is 0.0.0.0 or [::] and the host has both. */
    ServerSocketChannel listen(InetSocketAddress address, Function<Request, Answer> site) throws IOException {
        return listen(ServerSocketChannel.open(), address, site);
    }

    private ServerSocketChannel listen(
            ServerSocketChannel server, InetSocketAddress address, Function<Request, Answer> site) throws IOException {
        try {
            server.configureBlocking(false);
            server.bind(address, BACKLOG);
            server.register(selector, SelectionKey.OP_ACCEPT, new Listener(site));
            selector.wakeup();
            return server;
        } catch (IOException | RuntimeException e) {
            server.close();
            throw e;
        }
    }

    private record Listener(Function<Request, Answer> site) {}

    /** Stops listening; on the loop's thread only. Open connections still get their answers. */
    public void close(ServerSocketChannel server) {
        try {
            server.close();
            selector.selectNow(); // the port is free only when the selector has let go of it
        } catch (IOException e) {
            LOG.atWarn().addKeyValue("server", server).setCause(e).log("a server cannot be closed");
        }
    }

    ConnectionTable connections() {
        return connections;
    }

    /** Gives {@code connection} another turn when all others have had theirs; on the loop's thread only. */
    void again(HttpConnection connection) {
        again.add(connection);
    }

    private void run() {
        try {
            long nextTick = System.nanoTime();
            while (!closed) {
                waitForSockets();
                giveTurns();
                for (Runnable task = posted.poll(); task != null; task = posted.poll()) {
                    guarded(task);
                }
                resume();
                if (System.nanoTime() - nextTick >= 0) {
                    nextTick = System.nanoTime() + TICK_NANOS;
                    guarded(() -> connections.expire(System.nanoTime()));
                    guarded(everyTick);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("nothing is served any more", e);
        } finally {
            closeAll();
        }
    }

    private void waitForSockets() throws IOException {
        if (again.isEmpty()) {
            long tick = connections.size() == 0 ? IDLE_TICK_NANOS : TICK_NANOS;
            selector.select(
                    this::serve,
                    Duration.ofNanos(paused.isEmpty() ? tick : PAUSE_NANOS).toMillis());
        } else {
            selector.selectNow(this::serve);
        }
    }

    private void giveTurns() {
        List<HttpConnection> waiting = List.copyOf(again);
        again.clear();
        waiting.forEach(this::proceed);
    }

    private void guarded(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | StackOverflowError e) {
            LOG.error("{}: this is a defect of Sluice, please report it", name, e);
        }
    }

    private void serve(SelectionKey key) {
        if (key.attachment() instanceof HttpConnection connection) {
            proceed(connection);
        } else if (key.isValid() && key.attachment() instanceof Listener listener) {
            accept(key, listener);
        }
    }

    private void proceed(HttpConnection connection) {
        try (Progress _ = Progress.begin(Progress.Need.USEFUL, "answering a request", HANGS)) {
            connection.proceed(buffer);
        } catch (IOException e) {
            connection.close();
        } catch (RuntimeException | StackOverflowError e) {
            defects.log(count -> LOG.atError()
                    .addKeyValue("server", name)
                    .addKeyValue("count", count)
                    .setCause(e)
                    .log("requests could not be answered"));
            connection.close();
        }
    }

    private void accept(SelectionKey key, Listener listener) {
        ServerSocketChannel server = (ServerSocketChannel) key.channel();
        try {
            for (int i = 0; i < MOST_ACCEPTED_AT_ONCE; i++) {
                SocketChannel channel = server.accept();
                if (channel == null) {
                    return;
                }
                greet(channel, listener);
            }
        } catch (IOException e) {
            refusals.log(count -> LOG.atWarn()
                    .addKeyValue("server", name)
                    .addKeyValue("cause", e.getMessage())
                    .log("cannot accept connections"));
            if (!connections.evict()) {
                // no file descriptor is left, most likely: better a short pause than a busy loop
                key.interestOps(0);
                paused.add(key);
                pausedUntil = System.nanoTime() + PAUSE_NANOS;
            }
        }
    }

    private void greet(SocketChannel channel, Listener listener) throws IOException {
        if (!connections.makeRoom()) {
            channel.close();
            return;
        }
        try {
            channel.configureBlocking(false);
            InetAddress local = ((InetSocketAddress) channel.getLocalAddress()).getAddress();
            SelectionKey key = channel.register(selector, SelectionKey.OP_READ);
            HttpConnection connection =
                    new HttpConnection(this, key, limits, () -> new RequestParser(limits, local), listener.site());
            key.attach(connection);
            connections.add(connection);
            proceed(connection); // the request is often here already
        } catch (IOException | RuntimeException e) {
            channel.close(); // the client has gone
        }
    }

    private void resume() {
        if (!paused.isEmpty() && System.nanoTime() - pausedUntil >= 0) {
            paused.stream().filter(SelectionKey::isValid).forEach(key -> key.interestOps(SelectionKey.OP_ACCEPT));
            paused.clear();
        }
    }

    private void closeAll() {
        for (SelectionKey key : selector.keys()) {
            closeQuietly(key.channel());
        }
        closeQuietly(selector);
    }

    private static void closeQuietly(AutoCloseable resource) {
        try {
            resource.close();
        } catch (Exception e) {
            LOG.debug("{}", resource, e);
        }
    }

    /** Closes every socket; when it returns the ports are free. */
    @Override
    public void close() {
        closed = true;
        selector.wakeup();
        if (thread.isAlive() && Thread.currentThread() != thread) {
            try {
                var _ = thread.join(END);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
