// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api.reflector;

import dev.sluice.core.thread.Progress;
import dev.sluice.kubernetes.api.reflector.ApiTransport.Answer;
import dev.sluice.kubernetes.read.ApiJson;
import dev.sluice.kubernetes.read.DocumentSyntaxException;
import dev.sluice.kubernetes.read.FieldError;
import dev.sluice.kubernetes.read.Fields;
import dev.sluice.kubernetes.read.StringPool;
import dev.sluice.kubernetes.read.Tree;
import java.io.IOException;
import java.io.Serial;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One watch, from its request to its end. */
final class Watch {
    private static final Logger LOG = LoggerFactory.getLogger(Watch.class);
    private static final String BOOKMARK = "BOOKMARK";

    private final WatchedResource resource;
    private final ApiTransport server;
    private final HeldObjects held;
    private final Position position;
    private final Restores restores;
    private final ReflectorObserver observer;
    private final ApiTiming timing;
    private final long opened = System.nanoTime();
    private final Duration asked;
    private boolean ownConnection;

    Watch(
            WatchedResource resource,
            ApiTransport server,
            HeldObjects held,
            Position position,
            Restores restores,
            ReflectorObserver observer,
            ApiTiming timing) {
        this.resource = resource;
        this.server = server;
        this.held = held;
        this.position = position;
        this.restores = restores;
        this.observer = observer;
        this.timing = timing;
        long least = timing.watch().toMillis();
        // spread, so that the watches of a cluster's nodes do not all end together
        this.asked = Duration.ofMillis(least + ThreadLocalRandom.current().nextLong(least + 1));
    }

    /**
     * Delivers what the watch says until it ends as planned.
     *
     * @throws ApiFailure when it ended otherwise
     */
    void run(Duration lastAnswer) throws IOException, DocumentSyntaxException, InterruptedException {
        Duration patience = position.isSuspect() ? timing.probe().plus(lastAnswer) : timing.request();
        try (Answer answer = server.get("watch", uri(), patience, this::silentFor);
                ApiJson json = new ApiJson(answer.body())) {
            position.answered();
            ownConnection = answer.hasItsOwnConnection();
            restores.opened(answer, position.restores());
            observer.watching();
            try {
                for (ApiJson.WatchEvent event = json.event(); event != null; event = json.event()) {
                    take(event);
                }
            } finally {
                restores.closed(answer);
            }
        } catch (Enough e) {
            LOG.atDebug()
                    .addKeyValue("resource", resource.plural())
                    .addKeyValue("cause", e.getMessage())
                    .log("the watch ends");
        }
    }

    /** How long the watch has lived. */
    Duration age() {
        return Duration.ofNanos(System.nanoTime() - opened);
    }

    private String uri() {
        String selectors = resource.selectors().isEmpty() ? "" : resource.selectors() + "&";
        return resource.path() + "?" + selectors + "watch=true&allowWatchBookmarks=true&resourceVersion="
                + position.version() + "&timeoutSeconds=" + Math.max(1, asked.toSeconds());
    }

    /** Finds out whether a silent watch is alive: by a probe, or by opening it anew where a probe shows nothing. */
    private void silentFor(Duration silence) throws IOException, InterruptedException {
        Progress.made();
        if (age().compareTo(asked.plus(timing.silence())) > 0) {
            throw new Enough("the server does not end it");
        }
        if (ownConnection) {
            position.fellSilent();
            throw new Enough("silent for " + silence);
        }
        server.probe();
        if (silence.compareTo(timing.quietWatch()) > 0) {
            throw new Enough("no bookmark for " + silence);
        }
    }

    private void take(ApiJson.WatchEvent event) throws ApiFailure {
        switch (event.type()) {
            case "ADDED", "MODIFIED" -> {
                WatchedResource.Reading object = resource.read(event.object());
                reach(object.version());
                held.put(object);
            }
            case "DELETED" -> {
                WatchedResource.Reading object = resource.read(event.object());
                // some servers send the version before the deletion
                if (!ResourceVersions.isLower(object.version(), position.version())) {
                    reach(object.version());
                }
                held.remove(object.key());
            }
            case BOOKMARK -> reach(fields(event.object()).at("metadata").text("resourceVersion"));
            case "ERROR" -> throw ApiStatus.of(fields(event.object())).asFailure();
            default -> {
                LOG.atWarn()
                        .addKeyValue("resource", resource.plural())
                        .addKeyValue("type", event.type())
                        .log("The watch has an event of an unknown type");
                return;
            }
        }
        observer.heard();
        Progress.made();
    }

    private void reach(String version) throws ApiFailure {
        if (ResourceVersions.isLower(version, position.version())) {
            throw wentBack(position.version(), version);
        }
        if (!version.isEmpty()) {
            position.reached(version);
        }
    }

    static ApiFailure wentBack(String from, String to) {
        return ApiFailure.of(
                ApiFailure.Kind.WENT_BACK,
                "versions went back from " + from + " to " + to + ", as after a restore of etcd",
                null);
    }

    private static Fields fields(Tree.Mapping object) {
        List<FieldError> ignored = new ArrayList<>();
        return new Fields(object, "", ignored, new StringPool());
    }

    /** Ends a watch that has not failed. */
    private static final class Enough extends IOException {
        @Serial
        private static final long serialVersionUID = 1;

        Enough(String message) {
            super(message);
        }
    }
}
