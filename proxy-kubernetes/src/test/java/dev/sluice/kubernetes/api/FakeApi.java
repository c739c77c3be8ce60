// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * A small API server that keeps whatever JSON it is given, well formed or not, and whose watches can be cut, expired
 * and refused. It speaks the plain watch, not WebSocket.
 */
final class FakeApi implements AutoCloseable {
    private static final String END = "end";

    private final HttpServer server;
    private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
    private final Map<String, Map<String, String>> objects = new HashMap<>();
    private final Map<String, List<BlockingQueue<String>>> watches = new HashMap<>();
    private final Map<String, Integer> refusals = new HashMap<>();
    private final List<Event> history = new ArrayList<>();
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final List<String> posts = new CopyOnWriteArrayList<>();
    private final List<String> patches = new CopyOnWriteArrayList<>();
    private final List<String> authorizations = new CopyOnWriteArrayList<>();
    private long version;
    private long oldest;

    /** A server on a port, 0 for any, whose history begins with {@code version}. */
    FakeApi(int port, long version) throws IOException {
        this.version = version;
        this.oldest = version;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        server.setExecutor(executor);
        server.createContext("/", this::handle);
        server.start();
    }

    int port() {
        return server.getAddress().getPort();
    }

    String url() {
        return "http://127.0.0.1:" + port();
    }

    /** The path and query of every request so far. */
    List<String> requests() {
        return List.copyOf(requests);
    }

    /** What was posted so far. */
    List<String> posts() {
        return List.copyOf(posts);
    }

    /** The content type and body of every patch so far. */
    List<String> patches() {
        return List.copyOf(patches);
    }

    /** The authorization of every request so far that had one. */
    List<String> authorizations() {
        return List.copyOf(authorizations);
    }

    /** Keeps an object; {@code VERSION} in it is replaced by its version. Watches see it. */
    synchronized void put(String plural, String name, String json) {
        boolean known = of(plural).put(name, versioned(json)) != null;
        emit(plural, known ? "MODIFIED" : "ADDED", of(plural).getOrDefault(name, ""));
    }

    synchronized void remove(String plural, String name) {
        String last = of(plural).remove(name);
        if (last != null) {
            version++;
            emit(plural, "DELETED", last);
        }
    }

    /** Sends any text, once, as an event of the watches that are open. */
    synchronized void emitRaw(String plural, String line) {
        watches.getOrDefault(plural, List.of()).forEach(watch -> watch.add(line));
    }

    /** Whether {@code plural} is being watched. */
    synchronized boolean isWatched(String plural) {
        return !watches.getOrDefault(plural, List.of()).isEmpty();
    }

    /** Does something that no watch sees, and forgets the history, so that a watch must list anew. */
    synchronized void unseen(Runnable change) {
        Map<String, List<BlockingQueue<String>>> open = new HashMap<>(watches);
        watches.clear();
        change.run();
        watches.putAll(open);
        oldest = ++version;
    }

    /** Ends every watch. */
    synchronized void cut() {
        watches.values().forEach(list -> list.forEach(watch -> watch.add(END)));
        watches.clear();
    }

    /**
     * Answers every request about {@code plural} with an HTTP status, 0 for answering properly. 409 is meant for
     * creating what exists, so patches are still taken.
     */
    synchronized void refuse(String plural, int status) {
        refusals.put(plural, status);
    }

    @Override
    public void close() {
        // refuse connections first: a watch that is cut reconnects at once, and must be refused
        server.stop(0);
        cut();
        executor.shutdownNow();
    }

    private void handle(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        String query = String.valueOf(exchange.getRequestURI().getQuery());
        String plural = path.replaceFirst("/events/[^/]+$", "/events").replaceFirst(".*/", "");
        authorizations.addAll(exchange.getRequestHeaders().getOrDefault("Authorization", List.of()));
        requests.add(exchange.getRequestURI().toString());
        int refusal;
        synchronized (this) {
            refusal = refusals.getOrDefault(plural, 0);
        }
        boolean patched = refusal == 409 && exchange.getRequestMethod().equals("PATCH");
        if (refusal != 0 && !patched) {
            answer(exchange, refusal, status(refusal));
        } else if (exchange.getRequestMethod().equals("POST")) {
            posts.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            answer(exchange, 201, "{}");
        } else if (exchange.getRequestMethod().equals("PATCH")) {
            patches.add(exchange.getRequestHeaders().getFirst("Content-Type") + " "
                    + new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            answer(exchange, 200, "{}");
        } else if ("websocket".equalsIgnoreCase(exchange.getRequestHeaders().getFirst("Upgrade"))) {
            answer(exchange, 200, "");
        } else if (query.contains("watch=true")) {
            watch(exchange, plural, query);
        } else {
            answer(exchange, 200, list(plural));
        }
    }

    private synchronized String list(String plural) {
        return "{\"kind\": \"List\", \"apiVersion\": \"v1\", \"metadata\": {\"resourceVersion\": \"" + version
                + "\"}, \"items\": [" + String.join(",", of(plural).values()) + "]}";
    }

    private void watch(HttpExchange exchange, String plural, String query) throws IOException {
        BlockingQueue<String> events = new LinkedBlockingQueue<>();
        synchronized (this) {
            long from = Long.parseLong(query.replaceFirst(".*resourceVersion=(\\d+).*", "$1"));
            if (from < oldest) {
                events.add("{\"type\": \"ERROR\", \"object\": " + status(410) + "}");
                events.add(END);
            } else {
                history.stream()
                        .filter(event ->
                                event.version() > from && event.plural().equals(plural))
                        .forEach(event -> events.add(event.line()));
                watches.computeIfAbsent(plural, fresh -> new ArrayList<>()).add(events);
            }
        }
        exchange.getResponseHeaders().add("Content-Type", "application/json");
        exchange.sendResponseHeaders(200, 0);
        try (OutputStream body = exchange.getResponseBody()) {
            body.flush();
            for (String event = events.take(); !event.equals(END); event = events.take()) {
                body.write((event.replace("\n", " ") + "\n").getBytes(StandardCharsets.UTF_8));
                body.flush();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void emit(String plural, String type, String json) {
        String line = "{\"type\": \"" + type + "\", \"object\": " + json + "}";
        history.add(new Event(version, plural, line));
        emitRaw(plural, line);
    }

    private record Event(long version, String plural, String line) {}

    private String versioned(String json) {
        version++;
        return json.replace("VERSION", String.valueOf(version));
    }

    private Map<String, String> of(String plural) {
        return objects.computeIfAbsent(plural, fresh -> new TreeMap<>());
    }

    private static String status(int code) {
        return "{\"kind\": \"Status\", \"apiVersion\": \"v1\", \"status\": \"Failure\", \"code\": " + code
                + ", \"message\": \"refused by the test\"}";
    }

    private static void answer(HttpExchange exchange, int code, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().add("Content-Type", "application/json");
        exchange.sendResponseHeaders(code, bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }
}
