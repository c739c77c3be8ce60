// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.api;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A balancer between a client and an API server that passes bytes on as they are, stops doing so, and loses its
 * connections. Its threads and sockets belong to the network namespace of the thread that made it.
 */
public final class ApiRelay implements AutoCloseable {
    private final ServerSocket listener;
    private final InetSocketAddress server;
    private final Set<Socket> clients = ConcurrentHashMap.newKeySet();
    private final Set<Socket> servers = ConcurrentHashMap.newKeySet();
    private final Object gate = new Object();
    private boolean held;

    /** Listens on any port of {@code address}. */
    public ApiRelay(InetAddress address, InetSocketAddress server) throws IOException {
        this.server = server;
        listener = new ServerSocket();
        listener.bind(new InetSocketAddress(address, 0));
        start(this::accept);
    }

    public int port() {
        return listener.getLocalPort();
    }

    /** Keeps what it receives, on open and on new connections, or passes it on again. */
    public void hold(boolean on) {
        synchronized (gate) {
            held = on;
            gate.notifyAll();
        }
    }

    /** Resets every connection of a client. */
    public void reset() {
        try {
            for (Socket client : clients) {
                reset(client);
            }
            for (Socket socket : servers) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void reset(Socket client) throws IOException {
        try {
            client.setSoLinger(true, 0);
        } catch (SocketException e) {
            if (!client.isClosed()) {
                throw e;
            }
            // the server has just ended the connection, and with it this socket
        }
        client.close();
    }

    @Override
    public void close() {
        try {
            listener.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        hold(false);
        reset();
    }

    /** In place of virtual threads, whose carriers live in the namespace of the JVM. */
    private static void start(Runnable task) {
        Thread.ofPlatform().daemon().name("api-relay").start(task);
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                clients.add(client);
                Socket upstream = new Socket();
                servers.add(upstream);
                try {
                    upstream.connect(server);
                } catch (IOException e) {
                    close(client, upstream);
                    continue;
                }
                start(() -> pass(client, upstream));
                start(() -> pass(upstream, client));
            } catch (IOException e) {
                return; // closed
            }
        }
    }

    private void pass(Socket from, Socket to) {
        byte[] buffer = new byte[1 << 16];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                awaitOpenGate();
                out.write(buffer, 0, count);
                out.flush();
            }
            awaitOpenGate();
        } catch (IOException e) {
            // one of both has gone, and the other follows
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            close(from, to);
        }
    }

    private void awaitOpenGate() throws InterruptedException {
        synchronized (gate) {
            while (held) {
                gate.wait();
            }
        }
    }

    private void close(Socket one, Socket other) {
        for (Socket socket : new Socket[] {one, other}) {
            clients.remove(socket);
            servers.remove(socket);
            try {
                socket.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
