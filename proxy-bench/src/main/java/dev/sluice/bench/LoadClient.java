package dev.sluice.bench;

import dev.sluice.testkit.lab.LabHost;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;

/** The clients of the relay benchmark, on the thread of their host: each has one request under way, or writes all the time. */
final class LoadClient {
    private static final long LOST_NANOS = Duration.ofMillis(250).toNanos();

    private final LabHost host;
    private final ByteBuffer bulk = ByteBuffer.allocateDirect(256 << 10);
    private final ByteBuffer request = ByteBuffer.allocateDirect(LoadServer.REQUEST);
    private final ByteBuffer in = ByteBuffer.allocateDirect(64 << 10);

    /**
     * What came of a run.
     *
     * @param done requests or connections that were answered
     * @param lost connections that failed, datagrams that were not answered
     * @param samples how long each took
     */
    record Score(long done, long lost, double seconds, Samples samples) {}

    /** One client. */
    private static final class Client {
        final SelectableChannel channel;
        long since;
        int got;

        Client(SelectableChannel channel) {
            this.channel = channel;
        }
    }

    /** A run in progress; on one thread. */
    private static final class Run implements AutoCloseable {
        final Selector selector = Selector.open();
        final InetSocketAddress target;
        final long start = System.nanoTime();
        final long end;
        final Samples samples = new Samples();
        long lost;

        Run(InetSocketAddress target, double seconds) throws IOException {
            this.target = target;
            end = start + (long) (seconds * 1e9);
        }

        boolean goesOn() {
            return System.nanoTime() < end;
        }

        Score score() {
            return new Score(samples.count(), lost, (System.nanoTime() - start) / 1e9, samples);
        }

        SocketChannel connected() throws IOException {
            SocketChannel channel = SocketChannel.open(StandardProtocolFamily.INET);
            channel.connect(target);
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            return channel;
        }

        void dial() throws IOException {
            SocketChannel channel = SocketChannel.open(StandardProtocolFamily.INET);
            channel.configureBlocking(false);
            Client client = new Client(channel);
            client.since = System.nanoTime();
            channel.connect(target);
            channel.register(selector, SelectionKey.OP_CONNECT, client);
        }

        void finished(Client client) {
            long now = System.nanoTime();
            samples.add(now - client.since);
            client.since = now;
            client.got = 0;
        }

        @Override
        public void close() throws IOException {
            for (SelectionKey key : selector.keys()) {
                key.channel().close();
            }
            selector.close();
        }
    }

    private interface Body {
        void run(Run run) throws IOException;
    }

    private interface Event {
        void on(SelectionKey key, Client client) throws IOException;
    }

    LoadClient(LabHost host) {
        this.host = host;
    }

    private Score run(InetSocketAddress target, double seconds, Body body) {
        return host.call(() -> {
            try (Run run = new Run(target, seconds)) {
                body.run(run);
                return run.score();
            }
        });
    }

    private static void loop(Run run, Event event) throws IOException {
        while (run.goesOn()) {
            run.selector.select(
                    key -> {
                        try {
                            event.on(key, (Client) key.attachment());
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    },
                    20);
        }
    }

    /** Writes through {@code connections} for some seconds. */
    Score bulk(InetSocketAddress target, int connections, double seconds) {
        return run(target, seconds, run -> {
            for (int i = 0; i < connections; i++) {
                SocketChannel channel = run.connected();
                channel.register(run.selector, SelectionKey.OP_WRITE, new Client(channel));
            }
            loop(run, (key, client) -> ((SocketChannel) client.channel).write(bulk.clear()));
        });
    }

    /** Requests over connections that stay open. */
    Score requests(InetSocketAddress target, int connections, double seconds) {
        return run(target, seconds, run -> {
            for (int i = 0; i < connections; i++) {
                SocketChannel channel = run.connected();
                Client client = new Client(channel);
                channel.register(run.selector, SelectionKey.OP_READ, client);
                client.since = System.nanoTime();
                channel.write(request.clear());
            }
            loop(run, (key, client) -> {
                if (answered(client)) {
                    run.finished(client);
                    ((SocketChannel) client.channel).write(request.clear());
                }
            });
        });
    }

    /** Connects, asks once, closes, and begins again: {@code concurrent} at a time. */
    Score connections(InetSocketAddress target, int concurrent, double seconds) {
        return run(target, seconds, run -> {
            for (int i = 0; i < concurrent; i++) {
                run.dial();
            }
            loop(run, (key, client) -> {
                SocketChannel channel = (SocketChannel) client.channel;
                try {
                    if (key.isConnectable()) {
                        channel.finishConnect();
                        key.interestOps(SelectionKey.OP_READ);
                        channel.write(request.clear());
                    } else if (answered(client)) {
                        run.finished(client);
                        channel.close();
                        run.dial();
                    }
                } catch (IOException e) {
                    run.lost++;
                    channel.close();
                    run.dial();
                }
            });
        });
    }

    private boolean answered(Client client) throws IOException {
        int count = ((SocketChannel) client.channel).read(in.clear());
        if (count < 0) {
            throw new IOException("the connection ended after " + client.got + " bytes of an answer");
        }
        client.got += count;
        return client.got == LoadServer.RESPONSE;
    }

    /** One datagram under way from each of {@code sockets}. */
    Score datagrams(InetSocketAddress target, int sockets, double seconds) {
        return run(target, seconds, run -> {
            for (int i = 0; i < sockets; i++) {
                DatagramChannel channel = DatagramChannel.open(StandardProtocolFamily.INET);
                channel.connect(target);
                channel.configureBlocking(false);
                Client client = new Client(channel);
                channel.register(run.selector, SelectionKey.OP_READ, client);
                client.since = System.nanoTime();
                channel.write(request.clear());
            }
            long[] looked = {run.start};
            loop(run, (key, client) -> {
                if (((DatagramChannel) client.channel).read(in.clear()) > 0) {
                    run.finished(client);
                    ((DatagramChannel) client.channel).write(request.clear());
                }
                if (System.nanoTime() - looked[0] > LOST_NANOS) {
                    looked[0] = System.nanoTime();
                    askAgain(run);
                }
            });
        });
    }

    private void askAgain(Run run) throws IOException {
        for (SelectionKey key : run.selector.keys()) {
            Client client = (Client) key.attachment();
            if (System.nanoTime() - client.since > LOST_NANOS) {
                run.lost++;
                client.since = System.nanoTime();
                ((DatagramChannel) client.channel).write(request.clear());
            }
        }
    }
}
