// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.api;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;

/**
 * A server that speaks HTTP/1.1 as badly as a script says: byte by byte, too late, not to the end, or not at all. It
 * serves each connection on a thread of its own.
 */
public final class ScriptedServer implements AutoCloseable {
    private final ServerSocket listener;
    private final List<Received> received = new CopyOnWriteArrayList<>();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile Script script;

    /** Answers a request. */
    @FunctionalInterface
    public interface Script {
        void answer(Received request, Reply reply) throws IOException, InterruptedException;
    }

    /**
     * A request.
     *
     * @param path with the query
     * @param nanos when it arrived, by {@link System#nanoTime}
     */
    public record Received(String method, String path, Map<String, String> headers, long nanos) {
        public boolean isFor(String plural) {
            return path.contains("/" + plural + "?") || path.endsWith("/" + plural);
        }

        public boolean isWatch() {
            return path.contains("watch=true");
        }
    }

    public ScriptedServer(Script script) throws IOException {
        this.script = script;
        this.listener = new ServerSocket();
        listener.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0));
        Thread.ofVirtual().start(this::accept);
    }

    public String url() {
        return "http://127.0.0.1:" + listener.getLocalPort();
    }

    /** Replaces the script for the requests that follow. */
    public void follow(Script next) {
        script = next;
    }

    /** The requests so far, in order. */
    public List<Received> received() {
        return List.copyOf(received);
    }

    @Override
    public void close() {
        closed.countDown();
        try {
            listener.close();
            for (Socket socket : open) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket socket = listener.accept();
                open.add(socket);
                Thread.ofVirtual().start(() -> serve(socket));
            } catch (IOException e) {
                return; // closed
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            BufferedReader in =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
            for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
                Received request = read(line, in);
                received.add(request);
                Reply reply = new Reply(socket, closed);
                script.answer(request, reply);
                if (reply.isLast()) {
                    return;
                }
            }
        } catch (IOException e) {
            // the client has gone, or the script has reset the connection
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            open.remove(socket);
        }
    }

    private static Received read(String first, BufferedReader in) throws IOException {
        String[] words = first.split(" ");
        Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
            int colon = line.indexOf(':');
            headers.put(line.substring(0, colon), line.substring(colon + 1).strip());
        }
        return new Received(words[0], words[1], headers, System.nanoTime());
    }

    /** An answer, written as the script likes. */
    public static final class Reply {
        private final Socket socket;
        private final OutputStream out;
        private final CountDownLatch serverClosed;
        private boolean last;

        private Reply(Socket socket, CountDownLatch serverClosed) throws IOException {
            this.socket = socket;
            this.out = socket.getOutputStream();
            this.serverClosed = serverClosed;
        }

        /** Writes text as it is. */
        public Reply raw(String text) throws IOException {
            out.write(text.getBytes(StandardCharsets.UTF_8));
            out.flush();
            return this;
        }

        /** A whole answer in JSON. {@code headers} are lines that end with CR LF. */
        public void json(int status, String headers, String body) throws IOException {
            raw("HTTP/1.1 " + status + " Said\r\nContent-Type: application/json\r\n" + headers + "Content-Length: "
                    + body.getBytes(StandardCharsets.UTF_8).length + "\r\n\r\n" + body);
        }

        public void json(String body) throws IOException {
            json(200, "", body);
        }

        /** The head of an answer in chunks. */
        public Reply stream() throws IOException {
            return raw("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
        }

        /** The head of an answer that ends with its connection, which therefore looks like one of HTTP/2. */
        public Reply streamUntilClose() throws IOException {
            last = true;
            return raw("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n");
        }

        public Reply chunk(String text) throws IOException {
            return raw(Integer.toHexString(text.getBytes(StandardCharsets.UTF_8).length) + "\r\n" + text + "\r\n");
        }

        public void endOfChunks() throws IOException {
            raw("0\r\n\r\n");
        }

        /** Says nothing more, and keeps the connection until the server is closed. */
        public void fallSilent() throws InterruptedException {
            last = true;
            serverClosed.await();
        }

        /** Breaks the connection with a reset. */
        public void reset() throws IOException {
            last = true;
            socket.setSoLinger(true, 0);
            socket.close();
        }

        private boolean isLast() {
            return last;
        }
    }
}
