// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.cluster;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
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

/** TCP connections of one request each through a proxy, to a server of our own on all addresses. */
final class ShortConnections {
    private static final int REQUEST = 128;
    private static final int ANSWER = 1024;
    private static final int CLIENTS = 8;
    private static final int PATIENCE_MILLIS = 10_000;

    private ShortConnections() {}

    /**
     * Makes {@code count} connections, some at a time.
     *
     * @param source the clients' address
     * @param target what they connect to
     * @param port of the server
     * @return how many were answered
     */
    static int make(int count, InetAddress source, InetSocketAddress target, int port)
            throws IOException, InterruptedException {
        // the server is closed first, which ends the thread that accepts
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
                ServerSocket server = new ServerSocket(port)) {
            var _ = threads.submit(() -> serve(server, threads));
            List<Future<Integer>> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                clients.add(threads.submit(() -> connect(count / CLIENTS, source, target)));
            }
            int answered = 0;
            for (Future<Integer> client : clients) {
                answered += client.get();
            }
            return answered;
        } catch (ExecutionException e) {
            throw new IOException(e.getCause());
        }
    }

    private static void serve(ServerSocket server, ExecutorService threads) {
        while (!server.isClosed()) {
            try {
                Socket accepted = server.accept();
                var _ = threads.submit(() -> answer(accepted));
            } catch (IOException e) {
                return; // all have been answered
            }
        }
    }

    private static void answer(Socket accepted) {
        try (accepted) {
            accepted.getInputStream().readNBytes(REQUEST);
            accepted.getOutputStream().write(new byte[ANSWER]);
            accepted.getInputStream().transferTo(OutputStream.nullOutputStream());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int connect(int count, InetAddress source, InetSocketAddress target) {
        int answered = 0;
        for (int i = 0; i < count; i++) {
            try (Socket client = new Socket()) {
                client.bind(new InetSocketAddress(source, 0));
                client.setSoTimeout(PATIENCE_MILLIS);
                client.connect(target, PATIENCE_MILLIS);
                client.getOutputStream().write(new byte[REQUEST]);
                new DataInputStream(client.getInputStream()).readFully(new byte[ANSWER]);
                answered++;
            } catch (IOException e) {
                // it is not counted
            }
        }
        return answered;
    }
}
