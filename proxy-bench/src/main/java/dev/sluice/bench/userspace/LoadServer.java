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
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The endpoint of the benchmark, on one thread: a sink that counts bytes, and a server that answers each TCP request of
 * {@link #REQUEST} bytes with {@link #RESPONSE} bytes and echoes each datagram, and an HTTP server.
 */
final class LoadServer implements AutoCloseable {
    /** The port of the sink. */
    static final int SINK = 7001;
    /** The port of requests, TCP and UDP. */
    static final int REQUESTS = 7002;
    /** The port of HTTP requests. */
    static final int HTTP = 7003;

    static final int REQUEST = 128;
    static final int RESPONSE = 1024;
    private static final int BACKLOG = 4096;
    private static final byte[] END = "\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private final Selector selector = Selector.open();
    private final Thread thread = new Thread(this::run, "bench-server");
    private final ByteBuffer in = ByteBuffer.allocateDirect(1 << 20);
    private final ByteBuffer out = ByteBuffer.allocateDirect(RESPONSE);
    private final ByteBuffer page = page();
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicInteger open = new AtomicInteger();

    /** What is done with what arrives. */
    private enum Service {
        COUNT,
        ANSWER,
        HTTP
    }

    /** A connection, and how many bytes of the next request, or of the end of its head, have arrived. */
    private static final class Session {
        final Service service;
        int pending;

        Session(Service service) {
            this.service = service;
        }
    }

    LoadServer(LabHost host) throws IOException {
        listen(host, SINK, Service.COUNT);
        listen(host, REQUESTS, Service.ANSWER);
        listen(host, HTTP, Service.HTTP);
        DatagramChannel datagrams = host.bindUdp(REQUESTS);
        datagrams.configureBlocking(false);
        datagrams.register(selector, SelectionKey.OP_READ);
        thread.setDaemon(true);
        thread.start();
    }

    private void listen(LabHost host, int port, Service service) throws IOException {
        ServerSocketChannel listener = host.call(ServerSocketChannel::open);
        listener.bind(new InetSocketAddress(port), BACKLOG);
        listener.configureBlocking(false);
        listener.register(selector, SelectionKey.OP_ACCEPT, service);
    }

    private static ByteBuffer page() {
        byte[] head =
                ("HTTP/1.1 200 OK\r\nContent-Length: " + RESPONSE + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII);
        return ByteBuffer.allocateDirect(head.length + RESPONSE).put(head);
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
                case ServerSocketChannel listener -> accept(listener, (Service) key.attachment());
                case DatagramChannel datagrams -> answer(datagrams);
                case SocketChannel channel -> read(key, channel, (Session) key.attachment());
                default -> throw new IllegalStateException(key.channel().toString());
            }
        } catch (IOException e) {
            drop(key);
        }
    }

    private void accept(ServerSocketChannel listener, Service service) throws IOException {
        for (SocketChannel one = listener.accept(); one != null; one = listener.accept()) {
            one.configureBlocking(false);
            one.setOption(StandardSocketOptions.TCP_NODELAY, true);
            one.register(selector, SelectionKey.OP_READ, new Session(service));
            open.incrementAndGet();
        }
    }

    private void read(SelectionKey key, SocketChannel channel, Session session) throws IOException {
        in.clear();
        int count = channel.read(in);
        if (count < 0) {
            drop(key);
            return;
        }
        switch (session.service) {
            case COUNT -> bytes.addAndGet(count);
            case ANSWER -> {
                session.pending += count;
                for (; session.pending >= REQUEST; session.pending -= REQUEST) {
                    channel.write(out.clear());
                }
            }
            case HTTP -> answerHttp(channel, session);
        }
    }

    private void answerHttp(SocketChannel channel, Session session) throws IOException {
        in.flip();
        while (in.hasRemaining()) {
            byte next = in.get();
            session.pending = next == END[session.pending] ? session.pending + 1 : next == END[0] ? 1 : 0;
            if (session.pending == END.length) {
                session.pending = 0;
                channel.write(page.clear());
            }
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
