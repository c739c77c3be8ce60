// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.ResourceKind;
import dev.sluice.core.thread.Progress;
import dev.sluice.core.thread.SupervisedThread;
import dev.sluice.kubernetes.EventSink;
import dev.sluice.kubernetes.api.EventRequests.Outcome;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends Events (events.k8s.io/v1) to the API server as kube-proxy, one at a time on its own thread. An Event that was
 * sent before is counted in its series instead, at most every few minutes. An Event that all nodes send has a name
 * derived from its content, so that a cluster of a thousand nodes keeps one of it, not a thousand.
 */
public final class ApiEventSink implements EventSink {
    private static final Logger LOG = LoggerFactory.getLogger(ApiEventSink.class);
    private static final int QUEUE = 100;
    private static final int REMEMBERED = 500;
    private static final int BURST = 25;
    private static final Duration INTERVAL = Duration.ofSeconds(5);
    /** A few requests, each with a limit of its own. */
    private static final Duration HANGS = Duration.ofMinutes(10);

    private static final Duration REPEAT_INTERVAL = Duration.ofMinutes(5);

    private final EventRequests requests;
    private final String nodeName;
    private final InstantSource clock;
    private final EventRateLimit rateLimit;
    private final ThreadPoolExecutor sender;
    private volatile boolean dropping;
    /** The Events sent, least recently used first; used by the sender thread only. */
    private final Map<Event, Sent> sent = new LinkedHashMap<>(16, 0.75f, true);

    /** An Event that the API server has. */
    private static final class Sent {
        private final String namespace;
        private final String name;
        private long count = 1;
        private Instant lastSent;

        Sent(String namespace, String name, Instant lastSent) {
            this.namespace = namespace;
            this.name = name;
            this.lastSent = lastSent;
        }
    }

    /**
     * Creates a sink.
     *
     * @param connection closed by the caller, after this sink
     * @param nodeName the proxy's own Node
     */
    public ApiEventSink(ApiConnection connection, String nodeName) {
        this(connection, nodeName, InstantSource.system(), new EventRateLimit(BURST, INTERVAL));
    }

    ApiEventSink(ApiConnection connection, String nodeName, InstantSource clock, EventRateLimit rateLimit) {
        this.requests = new EventRequests(connection);
        this.nodeName = nodeName;
        this.clock = clock;
        this.rateLimit = rateLimit;
        this.sender = new ThreadPoolExecutor(
                1, 1, 30, TimeUnit.SECONDS, new ArrayBlockingQueue<>(QUEUE), SupervisedThread.factory("events"));
        sender.allowCoreThreadTimeOut(true);
    }

    @Override
    public void send(Event event) {
        try {
            sender.execute(() -> deliver(event));
        } catch (RejectedExecutionException e) {
            if (!dropping && !sender.isShutdown()) {
                LOG.warn("More than {} Events are queued; further ones are dropped, the log has them all", QUEUE);
            }
            dropping = true;
        }
    }

    @Override
    public void close() {
        sender.shutdown();
        try {
            if (!sender.awaitTermination(1, TimeUnit.SECONDS)) {
                sender.shutdownNow();
            }
        } catch (InterruptedException e) {
            sender.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }

    private void deliver(Event event) {
        try (Progress _ = Progress.begin(Progress.Need.USEFUL, "sending an Event", HANGS)) {
            if (!isKnown(event)) {
                create(event);
            }
            if (sender.getQueue().isEmpty()) {
                dropping = false;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // closing: this one is dropped
        }
    }

    /** Whether the API server has the Event already; if so, counts it. */
    private boolean isKnown(Event event) throws InterruptedException {
        Sent before = sent.get(event);
        if (before == null) {
            return false;
        }
        before.count++;
        Instant now = clock.instant();
        if (now.isBefore(before.lastSent.plus(REPEAT_INTERVAL))) {
            return true;
        }
        rateLimit.await();
        before.lastSent = now;
        boolean gone = requests.repeat(before.namespace, before.name, before.count, now) == Outcome.GONE;
        return !gone;
    }

    private void create(Event event) throws InterruptedException {
        rateLimit.await();
        Instant now = clock.instant();
        boolean node = event.regarding().kind() == ResourceKind.NODE;
        String namespace = node ? "default" : event.regarding().namespace();
        // the kubelet and kube-proxy use the Node's name in place of its UID
        String uid = node ? nodeName : requests.uid(event.regarding());
        String base = node ? nodeName : event.regarding().name();
        String name = EventText.name(base, node ? Long.toHexString(nanos(now)) : digest(event, uid));
        Outcome outcome = requests.create(namespace, body(event, namespace, name, uid, now));
        if (outcome == Outcome.EXISTS && event.scope() == Scope.THIS_NODE) {
            // from before a restart
            outcome = requests.repeat(namespace, name, 2, now);
        }
        if (outcome == Outcome.DONE || outcome == Outcome.EXISTS) {
            sent.put(event, new Sent(namespace, name, now));
        }
        if (sent.size() > REMEMBERED) {
            sent.remove(sent.keySet().iterator().next());
        }
    }

    private Map<String, Object> body(Event event, String namespace, String name, String uid, Instant now) {
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("apiVersion", "events.k8s.io/v1");
        body.put("kind", "Event");
        body.put("metadata", Map.of("namespace", namespace, "name", name));
        body.put("eventTime", EventRequests.micros(now));
        body.put("reportingController", "kube-proxy");
        body.put("reportingInstance", EventText.cut("kube-proxy-" + nodeName, 128));
        body.put("type", event.type().label());
        body.put("reason", EventText.cut(event.reason(), 128));
        body.put("action", EventText.cut(event.action(), 128));
        body.put("note", EventText.cut(event.note(), 1024));
        body.put("regarding", reference(event.regarding(), uid));
        return body;
    }

    private Map<String, String> reference(ObjectRef.Resource regarding, String uid) {
        Map<String, String> reference = new LinkedHashMap<>();
        reference.put("apiVersion", EventRequests.apiVersion(regarding.kind()));
        reference.put("kind", regarding.kind().label());
        if (!regarding.namespace().isEmpty()) {
            reference.put("namespace", regarding.namespace());
        }
        reference.put("name", regarding.kind() == ResourceKind.NODE ? nodeName : regarding.name());
        if (!uid.isEmpty()) {
            reference.put("uid", uid);
        }
        return reference;
    }

    private String digest(Event event, String uid) {
        String what = String.join(
                "\n",
                event.regarding().toString(),
                uid,
                event.reason(),
                event.action(),
                event.note(),
                event.scope() == Scope.THIS_NODE ? nodeName : "");
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(what.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash, 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    private static long nanos(Instant time) {
        return time.getEpochSecond() * 1_000_000_000L + time.getNano();
    }
}
