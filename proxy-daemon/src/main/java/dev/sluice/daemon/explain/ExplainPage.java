// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.explain;

import dev.sluice.core.sync.ProxyBackend;
import dev.sluice.core.sync.SyncLoop;
import dev.sluice.core.thread.ProcessEnd;
import dev.sluice.core.trace.Packet;
import dev.sluice.core.trace.Trace;
import dev.sluice.daemon.http.Page;
import dev.sluice.daemon.http.Request;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The page {@code /debug/explain}, answered by the backend of the packet's family between two syncs. */
public final class ExplainPage {
    /** Where the page is on the metrics server. */
    public static final String PATH = "/debug/explain";

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final SyncLoop loop;
    private final List<ProxyBackend> backends;

    /** @param backends those of {@code loop} */
    public ExplainPage(SyncLoop loop, List<ProxyBackend> backends) {
        this.loop = loop;
        this.backends = List.copyOf(backends);
    }

    /** Answers GET and HEAD. */
    public Page answer(Request request) {
        boolean reads = request.method().equals("GET") || request.method().equals("HEAD");
        return reads ? answer(request.query()) : Page.methodNotAllowed("GET, HEAD");
    }

    /** Answers {@code query}, the part of the URL behind the question mark. */
    public Page answer(String query) {
        try {
            PacketQuery question = PacketQuery.parse(query);
            Packet packet = question.packet();
            ProxyBackend backend = backends.stream()
                    .filter(b -> b.family() == packet.family())
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException(packet.family() + " is not served on this node"));
            Trace trace = loop.submit(() -> backend.explain(packet)).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            return question.text()
                    ? Page.text(200, new TraceText(backend.mode(), packet, trace).lines())
                    : Page.json(200, new TraceJson(backend.mode(), packet, trace).json());
        } catch (IllegalArgumentException e) {
            return Page.text(400, e.getMessage() + "\n");
        } catch (TimeoutException e) {
            return Page.text(503, "a sync has been running for " + PATIENCE.toSeconds() + " seconds: ask again\n");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Page.text(503, "the daemon is stopping\n");
        } catch (ExecutionException e) {
            ProcessEnd.ifFatal(e);
            if (e.getCause() instanceof RejectedExecutionException) {
                return Page.text(503, "the daemon is stopping\n");
            }
            throw new IllegalStateException("explaining failed: " + e.getCause(), e);
        }
    }
}
