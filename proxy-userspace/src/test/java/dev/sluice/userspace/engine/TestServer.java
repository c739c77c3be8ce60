// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** A TCP server on loopback that passes each connection to {@code service}, on a thread of its own. */
final class TestServer implements AutoCloseable {
    private final ServerSocket listener;
    private final Queue<Socket> open = new ConcurrentLinkedQueue<>();
    final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    final AtomicInteger accepted = new AtomicInteger();

    interface Service {
        void serve(Socket client) throws Exception;
    }

    TestServer(InetAddress address, Service service) throws IOException {
        this(address, 0, service);
    }

    private TestServer(InetAddress address, int port, Service service) throws IOException {
        listener = new ServerSocket(port, 100, address);
        Thread.ofVirtual().start(() -> accept(service));
    }

    /** Echoes what it reads, and then the end of stream. */
    static TestServer echo(InetAddress address) throws IOException {
        return echo(address, 0);
    }

    static TestServer echo(InetAddress address, int port) throws IOException {
        return new TestServer(address, port, client -> {
            client.getInputStream().transferTo(client.getOutputStream());
            client.shutdownOutput();
        });
    }

    /** Sends {@code word} and ends its stream. */
    static TestServer saying(InetAddress address, String word) throws IOException {
        return new TestServer(
                address,
                client -> client.getOutputStream().write(word.getBytes(java.nio.charset.StandardCharsets.UTF_8)));
    }

    /** A port without a listener. */
    static int deadPort(InetAddress address) throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, address)) {
            return socket.getLocalPort();
        }
    }

    int port() {
        return listener.getLocalPort();
    }

    private void accept(Service service) {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                open.add(client);
                accepted.incrementAndGet();
                Thread.ofVirtual().start(() -> serve(service, client));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(Service service, Socket client) {
        try (client) {
            service.serve(client);
        } catch (Exception | AssertionError e) {
            failures.add(e);
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Socket socket : open) {
            socket.close();
        }
    }
}
