// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.bench.userspace;

import dev.sluice.testkit.lab.LabHost;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The endpoint of the benchmark, on one thread: a sink that counts bytes, and a server that answers each TCP request of
 * {@link #REQUEST} bytes with {@link #RESPONSE} bytes and echoes each datagram.
 */
final class LoadServer implements AutoCloseable {
    /** The port of the sink. */
    static final int SINK = 7001;
    /** The port of requests, TCP and UDP. */
    static final int REQUESTS = 7002;

    static final int REQUEST = 128;
    static final int RESPONSE = 1024;
    private static final int BACKLOG = 4096;

    private final Selector selector = Selector.open();
    private final Thread thread = new Thread(this::run, "bench-server");
    private final ByteBuffer in = ByteBuffer.allocateDirect(1 << 20);
    private final ByteBuffer out = ByteBuffer.allocateDirect(RESPONSE);
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicInteger open = new AtomicInteger();

    /** A connection: whether its requests are answered, and how many bytes of the next one have arrived. */
    private static final class Session {
        final boolean answered;
        int pending;

        Session(boolean answered) {
            this.answered = answered;
        }
    }

    LoadServer(LabHost host) throws IOException {
        listen(host, SINK, false);
        listen(host, REQUESTS, true);
        DatagramChannel datagrams = host.bindUdp(REQUESTS);
        datagrams.configureBlocking(false);
        datagrams.register(selector, SelectionKey.OP_READ);
        thread.setDaemon(true);
        thread.start();
    }

    private void listen(LabHost host, int port, boolean answered) throws IOException {
        ServerSocketChannel listener = host.call(ServerSocketChannel::open);
        listener.bind(new InetSocketAddress(port), BACKLOG);
        listener.configureBlocking(false);
        listener.register(selector, SelectionKey.OP_ACCEPT, answered);
    }

    /** Bytes that the sink has received. */
    long bytes() {
        return bytes.get();
    }

    /** Open connections. */
    int open() {
        return open.get();
    }

    private void run() {
        try {
            while (selector.isOpen()) {
                selector.select(this::serve);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (ClosedSelectorException e) {
            // the benchmark is over
        }
    }

    private void serve(SelectionKey key) {
        try {
            switch (key.channel()) {
                case ServerSocketChannel listener -> accept(listener, (boolean) key.attachment());
                case DatagramChannel datagrams -> answer(datagrams);
                case SocketChannel channel -> read(key, channel, (Session) key.attachment());
                default -> throw new IllegalStateException(key.channel().toString());
            }
        } catch (IOException e) {
            drop(key);
        }
    }

    private void accept(ServerSocketChannel listener, boolean answered) throws IOException {
        for (SocketChannel one = listener.accept(); one != null; one = listener.accept()) {
            one.configureBlocking(false);
            one.setOption(StandardSocketOptions.TCP_NODELAY, true);
            one.register(selector, SelectionKey.OP_READ, new Session(answered));
            open.incrementAndGet();
        }
    }

    private void read(SelectionKey key, SocketChannel channel, Session session) throws IOException {
        in.clear();
        int count = channel.read(in);
        if (count < 0) {
            drop(key);
        } else if (session.answered) {
            session.pending += count;
            for (; session.pending >= REQUEST; session.pending -= REQUEST) {
                channel.write(out.clear());
            }
        } else {
            bytes.addAndGet(count);
        }
    }

    private void answer(DatagramChannel datagrams) throws IOException {
        for (; ; ) {
            in.clear();
            SocketAddress from = datagrams.receive(in);
            if (from == null) {
                return;
            }
            datagrams.send(in.flip(), from);
        }
    }

    private void drop(SelectionKey key) {
        if (key.channel() instanceof SocketChannel channel) {
            try {
                channel.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            open.decrementAndGet();
        }
    }

    @Override
    public void close() throws IOException {
        for (SelectionKey key : selector.keys()) {
            key.channel().close();
        }
        selector.close();
    }
}
