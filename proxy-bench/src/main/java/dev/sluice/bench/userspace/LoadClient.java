// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.bench.userspace;

import dev.sluice.bench.userspace.LoadRun.Client;
import dev.sluice.bench.userspace.LoadRun.Score;
import dev.sluice.testkit.lab.LabHost;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.time.Duration;

/** Generates the loads of the benchmark, on the thread of its host. */
final class LoadClient {
    private static final long LOST_NANOS = Duration.ofMillis(250).toNanos();

    private final LabHost host;
    private final ByteBuffer bulk = ByteBuffer.allocateDirect(256 << 10);
    private final ByteBuffer request = ByteBuffer.allocateDirect(LoadServer.REQUEST);
    private final ByteBuffer in = ByteBuffer.allocateDirect(64 << 10);

    private interface Body {
        void run(LoadRun run) throws IOException;
    }

    LoadClient(LabHost host) {
        this.host = host;
    }

    private Score run(InetSocketAddress target, double seconds, Body body) {
        return host.call(() -> {
            try (LoadRun run = new LoadRun(target, seconds)) {
                body.run(run);
                return run.score();
            }
        });
    }

    /** Writes through {@code connections} without pause. */
    Score bulk(InetSocketAddress target, int connections, double seconds) {
        return run(target, seconds, run -> {
            for (int i = 0; i < connections; i++) {
                run.add(run.connect(), SelectionKey.OP_WRITE);
            }
            run.loop((key, client) -> tcp(client).write(bulk.clear()));
        });
    }

    /** Sends requests over connections that stay open, one at a time over each. */
    Score requests(InetSocketAddress target, int connections, double seconds) {
        return run(target, seconds, run -> {
            for (int i = 0; i < connections; i++) {
                tcp(run.add(run.connect(), SelectionKey.OP_READ)).write(request.clear());
            }
            run.loop((key, client) -> {
                if (isAnswered(client)) {
                    run.finished(client);
                    tcp(client).write(request.clear());
                }
            });
        });
    }

    /** Connects, sends one request, closes and starts over, {@code concurrent} at a time. */
    Score connections(InetSocketAddress target, int concurrent, double seconds) {
        return run(target, seconds, run -> {
            for (int i = 0; i < concurrent; i++) {
                run.dial();
            }
            run.loop((key, client) -> {
                SocketChannel channel = tcp(client);
                try {
                    if (key.isConnectable()) {
                        channel.finishConnect();
                        key.interestOps(SelectionKey.OP_READ);
                        channel.write(request.clear());
                    } else if (isAnswered(client)) {
                        run.finished(client);
                        channel.close();
                        run.dial();
                    }
                } catch (IOException e) {
                    run.lost();
                    channel.close();
                    run.dial();
                }
            });
        });
    }

    private boolean isAnswered(Client client) throws IOException {
        int count = tcp(client).read(in.clear());
        if (count < 0) {
            throw new IOException("the connection ended after " + client.received + " bytes of an answer");
        }
        client.received += count;
        return client.received == LoadServer.RESPONSE;
    }

    /** Sends one datagram at a time from each of {@code sockets}. */
    Score datagrams(InetSocketAddress target, int sockets, double seconds) {
        return run(target, seconds, run -> {
            for (int i = 0; i < sockets; i++) {
                DatagramChannel channel = DatagramChannel.open(StandardProtocolFamily.INET);
                channel.connect(target);
                udp(run.add(channel, SelectionKey.OP_READ)).write(request.clear());
            }
            long[] lastLook = {System.nanoTime()};
            run.loop((key, client) -> {
                if (udp(client).read(in.clear()) > 0) {
                    run.finished(client);
                    udp(client).write(request.clear());
                }
                if (System.nanoTime() - lastLook[0] > LOST_NANOS) {
                    lastLook[0] = System.nanoTime();
                    resendLost(run);
                }
            });
        });
    }

    private void resendLost(LoadRun run) throws IOException {
        for (Client client : run.waiting(LOST_NANOS)) {
            run.lost();
            client.since = System.nanoTime();
            udp(client).write(request.clear());
        }
    }

    private static SocketChannel tcp(Client client) {
        return (SocketChannel) client.channel;
    }

    private static DatagramChannel udp(Client client) {
        return (DatagramChannel) client.channel;
    }
}
