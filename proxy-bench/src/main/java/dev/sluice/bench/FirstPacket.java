// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.bench;

import dev.sluice.core.net.IpAddress;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.LabHost;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * Times new connections from one Pod of a node to another by {@code connect()}, that is from SYN to SYN-ACK. The other
 * Pod's kernel answers without waking a process, so both ways are one run of the network stack. Each connection ends
 * with a reset, which leaves neither a port nor a conntrack entry behind.
 */
public final class FirstPacket implements AutoCloseable {
    /** The port that the Pod listens on. */
    public static final int PORT = 7070;
    /** Further addresses of the answering Pod: the endpoints of all Services. */
    public static final List<IpAddress> ENDPOINTS = IntStream.rangeClosed(101, 105)
            .mapToObj(host -> IpAddress.of("10.244.1." + host))
            .toList();

    private static final String SERVER = "a2";
    private static final String CLIENT = "a3";
    private static final int BACKLOG = 4096;
    private static final int TIMEOUT_MILLIS = 3000;

    private final LabHost client;
    private final ServerSocketChannel listener;

    public FirstPacket(Lab lab) throws IOException {
        LabHost server = lab.pod(SERVER);
        for (IpAddress endpoint : ENDPOINTS) {
            server.run("ip", "addr", "add", endpoint + "/32", "dev", "eth0").orThrow();
            lab.node()
                    .run("ip", "route", "add", endpoint + "/32", "dev", "pod-" + SERVER)
                    .orThrow();
        }
        client = lab.pod(CLIENT);
        listener = server.call(() -> ServerSocketChannel.open(StandardProtocolFamily.INET));
        listener.configureBlocking(false);
        listener.bind(new InetSocketAddress(PORT), BACKLOG);
    }

    /** Connects {@code times} times, each time to another target, and adds the durations. */
    public void connect(int times, IntFunction<InetSocketAddress> targets, Samples into) throws IOException {
        client.call(() -> {
            for (int i = 0; i < times; i++) {
                into.add(connect(targets.apply(i)));
            }
            return into;
        });
        drainBacklog();
    }

    private static long connect(InetSocketAddress target) throws IOException {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.INET)) {
            channel.setOption(StandardSocketOptions.SO_LINGER, 0);
            long start = System.nanoTime();
            channel.socket().connect(target, TIMEOUT_MILLIS);
            return System.nanoTime() - start;
        } catch (IOException e) {
            throw new IOException("a connection to " + target + " failed: " + e.getMessage(), e);
        }
    }

    /** Makes room in the backlog. */
    private void drainBacklog() throws IOException {
        for (SocketChannel one = listener.accept(); one != null; one = listener.accept()) {
            one.close();
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}
