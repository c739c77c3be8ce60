// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.http;

import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
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
    private final HttpLimits limits;
    private final Map<String, Route> routes = new ConcurrentHashMap<>();
    private @Nullable HttpLoop loop;
    private boolean listens;
    private long nextTry;

    /**
     * A server that does not listen yet.
     *
     * @param name for the log and for the thread's name
     * @param flag the flag that sets its address, for the error message
     */
    public PageServer(String name, String flag, InetSocketAddress address) {
        this(name, flag, address, HttpLimits.PAGES);
    }

    PageServer(String name, String flag, InetSocketAddress address, HttpLimits limits) {
        this.name = name;
        this.flag = flag;
        this.address = address;
        this.limits = limits;
    }

    /** Adds a page that is made of what is known already, on the thread that serves all clients: it must not block. */
    public PageServer page(String path, Function<Request, Page> page) {
        routes.put(path, new Route(path, page, null));
        return this;
    }

    /** Adds pages by their paths, as {@link #page} does. */
    public PageServer pages(Map<String, Function<Request, Page>> pages) {
        pages.forEach(this::page);
        return this;
    }

    /** Adds a page that takes time or waits for something. */
    public PageServer slowPage(String path, Function<Request, Page> page) {
        return slowPage(path, 1, page);
    }

    /** The same for {@code atOnce} clients at the same time: the page finds out about the others by itself. */
    public PageServer slowPage(String path, int atOnce, Function<Request, Page> page) {
        routes.put(path, new Route(path, page, new PageWorker("sluice-" + name + path, atOnce)));
        return this;
    }

    /** Where there are pages, in order. */
    public List<String> paths() {
        return routes.keySet().stream().sorted().toList();
    }

    /** Listens, or keeps trying in the background. Returns the reason when the first attempt failed. */
    public synchronized Optional<String> start() {
        try {
            loop = new HttpLoop("sluice-" + name, limits, this::retry);
        } catch (IOException e) {
            String reason = "the " + name + " server cannot be started: " + e.getMessage();
            LOG.error("{}", reason);
            return Optional.of(reason);
        }
        Optional<String> refusal = listen(loop);
        refusal.ifPresent(reason -> LOG.atError()
                .addKeyValue("server", name)
                .addKeyValue("address", address)
                .log("{}; trying again every {} seconds", reason, RETRY.toSeconds()));
        loop.start();
        return refusal;
    }

    /** How many clients are connected. */
    synchronized int openConnections() {
        return loop == null ? 0 : loop.connections().size();
    }

    private synchronized void retry() {
        if (!listens
                && loop != null
                && System.nanoTime() - nextTry >= 0
                && listen(loop).isEmpty()) {
            LOG.atInfo()
                    .addKeyValue("server", name)
                    .addKeyValue("address", address)
                    .log("{} server listens on {} now", name, address);
        }
    }

    private Optional<String> listen(HttpLoop on) {
        nextTry = System.nanoTime() + RETRY.toNanos();
        try {
            on.listen(address, this::answer);
            listens = true;
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

    private Answer answer(Request request) {
        Route route = routes.get(request.path());
        return route == null ? new Answer.Now(Page.notFound()) : route.answer(request);
    }

    @Override
    public void close() {
        HttpLoop open;
        synchronized (this) {
            open = loop;
            loop = null;
        }
        if (open != null) {
            open.close();
        }
        routes.values().forEach(Route::close);
    }
}
