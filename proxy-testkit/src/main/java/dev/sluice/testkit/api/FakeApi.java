// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.api;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.sluice.testkit.api.ApiListener.ApiTls;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.function.Predicate;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * An API server that keeps whatever JSON it is given, well formed or not. It lists, in pages too, and watches; its
 * watches can be cut, expired and refused. Objects are created, changed and deleted by request or by method.
 */
public final class FakeApi implements AutoCloseable {
    private final InetSocketAddress address;
    private volatile HttpServer server;
    private volatile @Nullable ApiFault fault;
    private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
    private final ObjectStore store;
    private final Map<String, Integer> refusals = new HashMap<>();
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final List<String> posts = new CopyOnWriteArrayList<>();
    private final List<String> patches = new CopyOnWriteArrayList<>();
    private final List<String> authorizations = new CopyOnWriteArrayList<>();
    private final List<String> userAgents = new CopyOnWriteArrayList<>();

    /** A server on a port of the loopback address, 0 for any, whose history begins with {@code version}. */
    public FakeApi(int port, long version) throws IOException {
        this(port, version, empty -> {});
    }

    /** The same with objects that {@code content} puts before the first request is answered. */
    public FakeApi(int port, long version, Consumer<FakeApi> content) throws IOException {
        this(InetAddress.ofLiteral("127.0.0.1"), port, version, null, content);
    }

    /**
     * The same on another address.
     *
     * @param tls null for plain HTTP; otherwise clients must show a certificate that it trusts
     */
    public FakeApi(InetAddress address, int port, long version, @Nullable SSLContext tls) throws IOException {
        this(address, port, version, certificates(tls), empty -> {});
    }

    /** A server over TLS whose clients show tokens in place of certificates. */
    public static FakeApi forAccounts(InetAddress address, int port, SSLContext tls) throws IOException {
        return new FakeApi(address, port, 1, new ApiTls(tls, false), empty -> {});
    }

    private static @Nullable ApiTls certificates(@Nullable SSLContext tls) {
        return tls == null ? null : new ApiTls(tls, true);
    }

    private FakeApi(InetAddress address, int port, long version, @Nullable ApiTls tls, Consumer<FakeApi> content)
            throws IOException {
        store = new ObjectStore(version);
        content.accept(this);
        server = ApiListener.open(new InetSocketAddress(address, port), tls, this::handle, executor);
        this.address = server.getAddress();
    }

    /** Ends every connection, and refuses new ones until it listens again. */
    public void stop() {
        // refuse connections first: a watch that is cut reconnects at once, and must be refused
        server.stop(0);
        cut();
    }

    /** Listens again, on the same port, after a {@link #stop}. */
    public void listen(@Nullable SSLContext tls) throws IOException {
        server = ApiListener.open(address, certificates(tls), this::handle, executor);
    }

    /** Misbehaves from the next request on. */
    public void misbehave(ApiFault how) {
        fault = how;
    }

    /** Answers properly from the next request on. */
    public void behave() {
        fault = null;
    }

    /** Counts versions from a lower one on, as after a restore of etcd. */
    public void goBack(long version) {
        store.goBack(version);
    }

    public int port() {
        return address.getPort();
    }

    public String url() {
        return "http://127.0.0.1:" + port();
    }

    /** The path and query of every request so far. */
    public List<String> requests() {
        return List.copyOf(requests);
    }

    /** What was posted so far. */
    public List<String> posts() {
        return List.copyOf(posts);
    }

    /** The content type and body of every patch so far. */
    public List<String> patches() {
        return List.copyOf(patches);
    }

    /** The authorization of every request so far that had one. */
    public List<String> authorizations() {
        return List.copyOf(authorizations);
    }

    /** The user agent of every request so far that had one. */
    public List<String> userAgents() {
        return List.copyOf(userAgents);
    }

    /** Keeps an object; {@code VERSION} in it is replaced by its version. Watches see it. */
    public void put(String plural, String key, String json) {
        store.put(plural, key, json);
    }

    public void remove(String plural, String key) {
        store.remove(plural, key);
    }

    /** Sends any text, once, as an event of the watches that are open. */
    public void emitRaw(String plural, String line) {
        store.emitRaw(plural, line);
    }

    /** Tells the watches of {@code plural} the present version, as a bookmark. */
    public void bookmark(String plural) {
        store.bookmark(plural);
    }

    /** Whether {@code plural} is being watched. */
    public boolean isWatched(String plural) {
        return store.isWatched(plural);
    }

    /** Does something that no watch sees, and forgets the history, so that a watch must list anew. */
    public void unseen(Runnable change) {
        store.unseen(change);
    }

    /** Ends every watch. */
    public void cut() {
        store.cut();
    }

    /**
     * Answers every request about {@code plural} with an HTTP status, 0 for answering properly. 409 is meant for
     * creating what exists, so patches are still taken.
     */
    public synchronized void refuse(String plural, int status) {
        refusals.put(plural, status);
    }

    /** Answers lists and watches of {@code plural} with an HTTP status, 0 for answering properly. */
    public synchronized void refuseReads(String plural, int status) {
        refusals.put("GET " + plural, status);
    }

    private synchronized int refusal(String method, String plural) {
        int all = refusals.getOrDefault(plural, 0);
        return all == 0 ? refusals.getOrDefault(method + " " + plural, 0) : all;
    }

    @Override
    public void close() {
        stop();
        executor.shutdownNow();
    }

    private void handle(HttpExchange exchange) throws IOException {
        URI uri = exchange.getRequestURI();
        authorizations.addAll(exchange.getRequestHeaders().getOrDefault("Authorization", List.of()));
        userAgents.addAll(exchange.getRequestHeaders().getOrDefault("User-Agent", List.of()));
        requests.add(uri.toString());
        if (isAnsweredByFault(exchange)) {
            return;
        }
        ResourcePath path = ResourcePath.of(uri.getPath());
        int refusal = refusal(exchange.getRequestMethod(), path.plural());
        if (refusal != 0 && !(refusal == 409 && exchange.getRequestMethod().equals("PATCH"))) {
            ApiAnswer.refuse(exchange, refusal);
            return;
        }
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        switch (exchange.getRequestMethod()) {
            case "POST" -> {
                posts.add(body);
                create(exchange, path, JsonDocument.parse(body));
            }
            case "PUT" -> write(exchange, path, JsonDocument.parse(body), 200);
            case "PATCH" -> {
                patches.add(exchange.getRequestHeaders().getFirst("Content-Type") + " " + body);
                String before = store.get(path.plural(), path.key());
                Map<String, Object> old = before == null ? Map.of() : JsonDocument.parse(before);
                write(exchange, path, JsonDocument.merged(old, JsonDocument.parse(body)), 200);
            }
            case "DELETE" -> {
                store.remove(path.plural(), path.key());
                ApiAnswer.send(exchange, 200, "{}");
            }
            default -> read(exchange, path, ResourcePath.query(uri));
        }
    }

    private boolean isAnsweredByFault(HttpExchange exchange) throws IOException {
        ApiFault now = fault;
        try {
            return now != null && now.answer(exchange);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            exchange.close();
            return true;
        }
    }

    private void create(HttpExchange exchange, ResourcePath path, Map<String, Object> object) throws IOException {
        String name = String.valueOf(JsonDocument.object(object.get("metadata")).get("name"));
        if (store.get(path.plural(), path.withName(name)) == null) {
            write(exchange, path, object, 201);
        } else {
            ApiAnswer.refuse(exchange, 409);
        }
    }

    private void write(HttpExchange exchange, ResourcePath path, Map<String, Object> object, int status)
            throws IOException {
        Map<String, Object> metadata = JsonDocument.object(object.get("metadata"));
        String key = path.name().isEmpty() ? path.withName(String.valueOf(metadata.get("name"))) : path.key();
        String before = store.get(path.plural(), key);
        Object uid = before == null
                ? UUID.randomUUID().toString()
                : JsonDocument.object(JsonDocument.parse(before).get("metadata"))
                        .get("uid");
        metadata.putIfAbsent("uid", uid);
        metadata.put("resourceVersion", "VERSION");
        Map<String, Object> whole = new LinkedHashMap<>(object);
        whole.put("metadata", metadata);
        store.put(path.plural(), key, JsonDocument.write(whole));
        ApiAnswer.send(exchange, status, JsonDocument.write(whole));
    }

    private void read(HttpExchange exchange, ResourcePath path, Map<String, String> query) throws IOException {
        if (query.getOrDefault("watch", "").equals("true")) {
            watch(exchange, path.plural(), Long.parseLong(query.getOrDefault("resourceVersion", "0")));
        } else if (path.name().isEmpty()) {
            String selector = query.getOrDefault("fieldSelector", "");
            Predicate<String> keys = selector.startsWith("metadata.name=")
                    ? key -> key.endsWith("/" + selector.substring(14)) || key.equals(selector.substring(14))
                    : key -> true;
            Predicate<String> inNamespace =
                    key -> path.namespace().isEmpty() || !key.contains("/") || key.startsWith(path.namespace() + "/");
            int limit = Integer.parseInt(query.getOrDefault("limit", "0"));
            int from = Integer.parseInt(query.getOrDefault("continue", "0"));
            ApiAnswer.send(exchange, 200, store.list(path.plural(), keys.and(inNamespace), limit, from));
        } else {
            String object = store.get(path.plural(), path.key());
            ApiAnswer.send(exchange, object == null ? 404 : 200, object == null ? ApiAnswer.status(404) : object);
        }
    }

    private void watch(HttpExchange exchange, String plural, long from) throws IOException {
        BlockingQueue<String> events = store.watch(plural, from);
        exchange.getResponseHeaders().add("Content-Type", "application/json");
        exchange.sendResponseHeaders(200, 0);
        try (OutputStream body = exchange.getResponseBody()) {
            body.flush();
            if (events == null) {
                send(body, "{\"type\": \"ERROR\", \"object\": " + ApiAnswer.status(410) + "}");
                return;
            }
            for (String event = events.take(); !event.equals(ObjectStore.END); event = events.take()) {
                send(body, event);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void send(OutputStream body, String event) throws IOException {
        body.write((event.replace("\n", " ") + "\n").getBytes(StandardCharsets.UTF_8));
        body.flush();
    }
}
