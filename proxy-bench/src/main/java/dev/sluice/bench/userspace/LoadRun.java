// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.bench.userspace;

import dev.sluice.bench.Samples;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;

/** The clients of one run of a load against one target, in an event loop on one thread. */
final class LoadRun implements AutoCloseable {
    private static final int LOOK_MILLIS = 20;

    private final Selector selector = Selector.open();
    private final InetSocketAddress target;
    private final long start = System.nanoTime();
    private final long end;
    private final Samples samples = new Samples();
    private long lost;

    /**
     * The result of a run.
     *
     * @param done requests or connections that were answered
     * @param lost connections that failed, datagrams that were not answered
     * @param samples the duration of each
     */
    record Score(long done, long lost, double seconds, Samples samples) {}

    /** A client with at most one request on its way. */
    static final class Client {
        final SelectableChannel channel;
        /** When the request was sent, or the connection begun. */
        long since = System.nanoTime();
        /** Bytes of the answer so far. */
        int received;

        private Client(SelectableChannel channel) {
            this.channel = channel;
        }
    }

    /** Handles a client that is ready. */
    interface Handler {
        void handle(SelectionKey key, Client client) throws IOException;
    }

    LoadRun(InetSocketAddress target, double seconds) throws IOException {
        this.target = target;
        end = start + (long) (seconds * 1e9);
    }

    /** Adds a client over {@code channel}. */
    Client add(SelectableChannel channel, int operation) throws IOException {
        channel.configureBlocking(false);
        Client client = new Client(channel);
        channel.register(selector, operation, client);
        return client;
    }

    /** A connection to the target, established. */
    SocketChannel connect() throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.INET);
        channel.connect(target);
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        return channel;
    }

    /** Adds a client that begins to connect. */
    void dial() throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.INET);
        channel.configureBlocking(false);
        long begin = System.nanoTime();
        channel.connect(target);
        add(channel, SelectionKey.OP_CONNECT).since = begin;
    }

    /** Has {@code handler} handle clients until the run is over. */
    void loop(Handler handler) throws IOException {
        while (System.nanoTime() < end) {
            selector.select(
                    key -> {
                        try {
                            handler.handle(key, (Client) key.attachment());
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    },
                    LOOK_MILLIS);
        }
    }

    /** Records that the request of {@code client} was answered, and starts its next one. */
    void finished(Client client) {
        long now = System.nanoTime();
        samples.add(now - client.since);
        client.since = now;
        client.received = 0;
    }

    void lost() {
        lost++;
    }

    /** The clients whose request was sent more than {@code nanos} ago. */
    Iterable<Client> waiting(long nanos) {
        long now = System.nanoTime();
        return selector.keys().stream()
                .map(key -> (Client) key.attachment())
                .filter(client -> now - client.since > nanos)
                .toList();
    }

    Score score() {
        return new Score(samples.count(), lost, (System.nanoTime() - start) / 1e9, samples);
    }

    @Override
    public void close() throws IOException {
        for (SelectionKey key : selector.keys()) {
            key.channel().close();
        }
        selector.close();
    }
}
