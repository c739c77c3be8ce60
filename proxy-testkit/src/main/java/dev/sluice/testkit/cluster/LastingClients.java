// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.cluster;

import java.io.Closeable;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Clients that ask through a proxy again and again by one socket each, and servers of our own that answer. */
final class LastingClients {
    private static final int REQUEST = 128;
    private static final int ANSWER = 1024;
    private static final int CLIENTS = 16;
    private static final int PATIENCE_MILLIS = 2000;

    private LastingClients() {}

    /** Asks by a socket of one client; returns whether it was answered. */
    private interface Question extends Closeable {
        boolean ask() throws IOException;
    }

    /** Opens the socket of one client. */
    private interface Opener {
        Question open() throws IOException;
    }

    /**
     * Makes {@code count} requests over TCP connections that stay open.
     *
     * @param source the clients' address
     * @param target what they connect to
     * @param port of the server, on all addresses
     * @return how many were answered
     */
    static int overTcp(int count, InetAddress source, InetSocketAddress target, int port)
            throws IOException, InterruptedException {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
                ServerSocket server = new ServerSocket(port)) {
            var _ = threads.submit(() -> {
                while (true) {
                    Socket accepted = server.accept(); // fails when the server is closed
                    var _ = threads.submit(() -> answer(accepted));
                }
            });
            return ask(threads, count, () -> connect(source, target));
        }
    }

    /**
     * Makes {@code count} requests of one datagram each.
     *
     * @param source the clients' address
     * @param target what they send to
     * @param servers the addresses and ports of the servers
     * @return how many were answered
     */
    static int overUdp(int count, InetAddress source, InetSocketAddress target, List<InetSocketAddress> servers)
            throws IOException, InterruptedException {
        List<DatagramSocket> open = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
                Closeable _ = () -> open.forEach(DatagramSocket::close)) {
            for (InetSocketAddress address : servers) {
                DatagramSocket server = new DatagramSocket(address);
                open.add(server);
                var _ = threads.submit(() -> {
                    DatagramPacket request = new DatagramPacket(new byte[ANSWER], ANSWER);
                    while (true) {
                        server.receive(request); // fails when the socket is closed
                        server.send(request);
                    }
                });
            }
            return ask(threads, count, () -> send(source, target));
        }
    }

    private static int ask(ExecutorService threads, int count, Opener opener) throws IOException, InterruptedException {
        List<Future<Integer>> clients = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            clients.add(threads.submit(() -> {
                int answered = 0;
                try (Question client = opener.open()) {
                    while (answered < count / CLIENTS && client.ask()) {
                        answered++;
                    }
                } catch (IOException e) {
                    // the rest is not counted
                }
                return answered;
            }));
        }
        int answered = 0;
        try {
            for (Future<Integer> client : clients) {
                answered += client.get();
            }
        } catch (ExecutionException e) {
            throw new IOException(e.getCause());
        }
        return answered;
    }

    private static Object answer(Socket accepted) throws IOException {
        try (accepted) {
            while (accepted.getInputStream().readNBytes(REQUEST).length == REQUEST) {
                accepted.getOutputStream().write(new byte[ANSWER]);
            }
        }
        return accepted;
    }

    private static Question connect(InetAddress source, InetSocketAddress target) throws IOException {
        Socket client = new Socket();
        client.bind(new InetSocketAddress(source, 0));
        client.setSoTimeout(PATIENCE_MILLIS);
        client.connect(target, PATIENCE_MILLIS);
        DataInputStream answers = new DataInputStream(client.getInputStream());
        return new Question() {
            @Override
            public boolean ask() throws IOException {
                client.getOutputStream().write(new byte[REQUEST]);
                answers.readFully(new byte[ANSWER]);
                return true;
            }

            @Override
            public void close() throws IOException {
                client.close();
            }
        };
    }

    private static Question send(InetAddress source, InetSocketAddress target) throws IOException {
        DatagramSocket client = new DatagramSocket(new InetSocketAddress(source, 0));
        client.setSoTimeout(PATIENCE_MILLIS);
        client.connect(target);
        DatagramPacket packet = new DatagramPacket(new byte[REQUEST], REQUEST);
        return new Question() {
            @Override
            public boolean ask() throws IOException {
                client.send(packet);
                client.receive(packet);
                return true;
            }

            @Override
            public void close() {
                client.close();
            }
        };
    }
}
