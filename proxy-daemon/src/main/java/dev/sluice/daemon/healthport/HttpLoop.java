// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.healthport;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An HTTP server that listens on any number of ports with one thread. The JDK's HTTP server would take a thread and a
 * timer for each of them, and a cluster may have thousands of Services with a health check.
 */
final class HttpLoop implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HttpLoop.class);
    private static final long TICK_MILLIS = 1000;
    private static final long REQUEST_NANOS = Duration.ofSeconds(10).toNanos();
    private static final long LINGER_NANOS = Duration.ofSeconds(2).toNanos();
    private static final long BREATH_NANOS = Duration.ofMillis(100).toNanos();
    private static final int MOST_CONVERSATIONS = 4000;
    private static final int BACKLOG = 128;

    private final Selector selector;
    private final Thread thread;
    private final Runnable everyTick;
    private final Queue<Runnable> posted = new ConcurrentLinkedQueue<>();
    private final ArrayDeque<HealthConnection> conversations = new ArrayDeque<>();
    private final ByteBuffer buffer = ByteBuffer.allocate(4096);
    private volatile boolean closed;

    /** @param everyTick runs on the loop's thread about once a second */
    HttpLoop(String name, Runnable everyTick) throws IOException {
        this.everyTick = everyTick;
        selector = Selector.open();
        thread = Thread.ofPlatform().daemon().name(name).unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /** Runs {@code task} on the loop's thread. */
    void post(Runnable task) {
        posted.add(task);
        selector.wakeup();
    }

    /**
     * Listens; on the loop's thread only.
     *
     * @param answers the answer to a client, by the local address that it connected to; empty resets the connection
     */
    ServerSocketChannel listen(
            ProtocolFamily family, InetSocketAddress address, Function<InetAddress, Optional<ReadinessAnswer>> answers)
            throws IOException {
        ServerSocketChannel server = ServerSocketChannel.open(family);
        try {
            server.configureBlocking(false);
            server.bind(address, BACKLOG);
            server.register(selector, SelectionKey.OP_ACCEPT, answers);
            return server;
        } catch (IOException | RuntimeException e) {
            server.close();
            throw e;
        }
    }

    /** Stops listening; on the loop's thread only. Open connections still get their answers. */
    void close(ServerSocketChannel server) {
        try {
            server.close();
            selector.selectNow(); // the port is free only when the selector has let go of it
        } catch (IOException e) {
            LOG.warn("{} cannot be closed", server, e);
        }
    }

    private void run() {
        try {
            long nextTick = System.nanoTime();
            while (!closed) {
                selector.select(this::serve, TICK_MILLIS);
                for (Runnable task = posted.poll(); task != null; task = posted.poll()) {
                    guarded(task);
                }
                if (System.nanoTime() - nextTick >= 0) {
                    nextTick =
                            System.nanoTime() + Duration.ofMillis(TICK_MILLIS).toNanos();
                    expire();
                    guarded(everyTick);
                }
            }
        } catch (IOException e) {
            LOG.error("the health check node ports are not served any more", e);
        } finally {
            closeAll();
        }
    }

    private static void guarded(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException e) {
            LOG.error("health check node ports: this is a defect of Sluice, please report it", e);
        }
    }

    @SuppressWarnings("unchecked") // what listen() attached
    private void serve(SelectionKey key) {
        try {
            if (key.attachment() instanceof HealthConnection conversation) {
                conversation.proceed(buffer, System.nanoTime() + LINGER_NANOS);
            } else if (key.isValid()) {
                accept((ServerSocketChannel) key.channel(), (Function<InetAddress, Optional<ReadinessAnswer>>)
                        key.attachment());
            }
        } catch (IOException | RuntimeException e) {
            LOG.debug("{}", key.channel(), e);
            if (key.attachment() instanceof HealthConnection conversation) {
                conversation.close();
            } else {
                // no descriptor left, most likely: better a short pause than a busy loop
                LockSupport.parkNanos(BREATH_NANOS);
            }
        }
    }

    private void accept(ServerSocketChannel server, Function<InetAddress, Optional<ReadinessAnswer>> answers)
            throws IOException {
        for (SocketChannel channel = server.accept(); channel != null; channel = server.accept()) {
            if (conversations.size() >= MOST_CONVERSATIONS) {
                conversations.removeFirst().close();
            }
            channel.configureBlocking(false);
            InetAddress local = ((InetSocketAddress) channel.getLocalAddress()).getAddress();
            SelectionKey key = channel.register(selector, SelectionKey.OP_READ);
            HealthConnection conversation =
                    new HealthConnection(channel, key, () -> answers.apply(local), System.nanoTime() + REQUEST_NANOS);
            key.attach(conversation);
            conversations.addLast(conversation);
        }
    }

    private void expire() {
        long now = System.nanoTime();
        for (Iterator<HealthConnection> all = conversations.iterator(); all.hasNext(); ) {
            HealthConnection conversation = all.next();
            if (conversation.isOver(now)) {
                conversation.close();
                all.remove();
            }
        }
    }

    private void closeAll() {
        for (SelectionKey key : selector.keys()) {
            try {
                key.channel().close();
            } catch (IOException e) {
                LOG.debug("{}", key.channel(), e);
            }
        }
        try {
            selector.close();
        } catch (IOException e) {
            LOG.debug("{}", selector, e);
        }
    }

    @Override
    public void close() {
        closed = true;
        selector.wakeup();
    }
}
