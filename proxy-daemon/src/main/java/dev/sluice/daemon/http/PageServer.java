// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A small HTTP server with a few pages; any other path is 404. When its address is in use, it retries every 5 seconds,
 * as kube-proxy does.
 */
public final class PageServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PageServer.class);
    private static final Duration RETRY = Duration.ofSeconds(5);

    private final String name;
    private final String flag;
    private final InetSocketAddress address;
    private final Map<String, Function<String, Page>> pages = new ConcurrentHashMap<>();
    private final ExecutorService workers;
    private final ScheduledExecutorService retries;
    private @Nullable HttpServer server;
    private boolean closed;

    /** An answer. */
    public record Page(int status, String contentType, String body) {
        public static Page text(int status, String body) {
            return new Page(status, "text/plain; charset=utf-8", body);
        }

        public static Page json(int status, String body) {
            return new Page(status, "application/json", body);
        }
    }

    /**
     * A server that does not listen yet.
     *
     * @param name for the log and for the thread's name
     * @param flag the flag that sets its address, for the error message
     */
    public PageServer(String name, String flag, InetSocketAddress address, Map<String, Supplier<Page>> pages) {
        this.name = name;
        this.flag = flag;
        this.address = address;
        pages.forEach((path, page) -> this.pages.put(path, query -> page.get()));
        this.workers = Executors.newSingleThreadExecutor(
                Thread.ofPlatform().daemon().name("sluice-" + name).factory());
        this.retries = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("sluice-" + name + "-bind").factory());
    }

    /** Adds a page that is made from its query, the part of the URL behind the question mark. */
    public PageServer with(String path, Function<String, Page> page) {
        pages.put(path, page);
        return this;
    }

    /** Listens, or keeps trying in the background. Returns the reason when the first attempt failed. */
    public Optional<String> start() {
        Optional<String> refusal = listen();
        refusal.ifPresentOrElse(
                reason -> {
                    LOG.error("{}; trying again every {} seconds", reason, RETRY.toSeconds());
                    var _ = retries.scheduleWithFixedDelay(
                            this::retry, RETRY.toMillis(), RETRY.toMillis(), TimeUnit.MILLISECONDS);
                },
                retries::shutdown);
        return refusal;
    }

    private void retry() {
        if (listen().isEmpty()) {
            LOG.info("{} server listens on {} now", name, address);
            retries.shutdown();
        }
    }

    private synchronized Optional<String> listen() {
        if (closed) {
            return Optional.empty();
        }
        try {
            HttpServer created = HttpServer.create(address, 64);
            created.createContext("/", this::answer);
            created.setExecutor(workers);
            created.start();
            server = created;
            return Optional.empty();
        } catch (BindException e) {
            return Optional.of("the " + name + " server cannot listen on "
                    + address.getAddress().getHostAddress() + ":"
                    + address.getPort() + ": " + e.getMessage()
                    + " (is another kube-proxy or sluice running on this node? choose another address with --" + flag
                    + ")");
        } catch (IOException e) {
            return Optional.of("the " + name + " server cannot listen on " + address + ": " + e.getMessage());
        }
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            URI uri = exchange.getRequestURI();
            Function<String, Page> page = pages.get(uri.getPath());
            String query = Objects.requireNonNullElse(uri.getRawQuery(), "");
            Page answer = page == null ? Page.text(404, "404 page not found\n") : made(page, query);
            exchange.getResponseHeaders().set("Content-Type", answer.contentType());
            exchange.getResponseHeaders().set("X-Content-Type-Options", "nosniff");
            boolean head = exchange.getRequestMethod().equals("HEAD");
            byte[] bytes = answer.body().getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(answer.status(), head || bytes.length == 0 ? -1 : bytes.length);
            if (!head) {
                try (OutputStream body = exchange.getResponseBody()) {
                    body.write(bytes);
                }
            }
        }
    }

    private Page made(Function<String, Page> page, String query) {
        try {
            return page.apply(query);
        } catch (RuntimeException e) {
            LOG.warn("{} server: a page failed", name, e);
            return Page.text(500, e + "\n");
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        retries.shutdownNow();
        if (server != null) {
            server.stop(0);
        }
        workers.shutdownNow();
    }
}
