// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.ResourceKind;
import dev.sluice.kubernetes.api.reflector.ApiFailure;
import dev.sluice.kubernetes.api.reflector.ApiTransport;
import dev.sluice.kubernetes.read.ApiJson;
import dev.sluice.kubernetes.read.DocumentSyntaxException;
import dev.sluice.kubernetes.read.Fields;
import dev.sluice.kubernetes.read.StringPool;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The requests to the API server for Events. Each waits for its response; none throws when it fails. */
final class EventRequests {
    private static final Logger LOG = LoggerFactory.getLogger(EventRequests.class);
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String EVENTS = "events";
    private static final String ONLY_METADATA =
            "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";
    private static final DateTimeFormatter MICROS = DateTimeFormatter.ofPattern(
                    "uuuu-MM-dd'T'HH:mm:ss.SSSSSS'Z'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    private final ApiRequests requests;
    private final ConnectionLog log;

    EventRequests(ApiConnection connection) {
        this.requests = connection.requests();
        this.log = connection.log();
    }

    /** The outcome of sending an Event. */
    enum Outcome {
        DONE,
        /** An Event of that name exists already. */
        EXISTS,
        /** The Event no longer exists. */
        GONE,
        FAILED
    }

    /** Formats a time for an Event. */
    static String micros(Instant time) {
        return MICROS.format(time);
    }

    Outcome create(String namespace, Map<String, Object> event) throws InterruptedException {
        return send("create", "POST", path(namespace), "application/json", event);
    }

    /** Updates the series of an Event: it has happened {@code count} times. */
    Outcome repeat(String namespace, String name, long count, Instant last) throws InterruptedException {
        Map<String, Object> series = Map.of("count", count, "lastObservedTime", micros(last));
        String uri = path(namespace) + "/" + name;
        return send("patch", "PATCH", uri, "application/merge-patch+json", Map.of("series", series));
    }

    /**
     * The UID of an object, empty when unknown: {@code kubectl describe} shows an Event only for the object with its
     * UID. This lists, because the role of a node proxy may list Services but not get one.
     */
    String uid(ObjectRef.Resource regarding) throws InterruptedException {
        String selector = URLEncoder.encode("metadata.name=" + regarding.name(), StandardCharsets.UTF_8);
        String uri = listPath(regarding) + "?limit=1&resourceVersion=0&fieldSelector=" + selector;
        List<String> found = new ArrayList<>();
        try (ApiTransport.Answer answer = requests.get("list", uri, ONLY_METADATA, PATIENCE, ApiRequests.GIVE_UP);
                ApiJson json = new ApiJson(answer.body())) {
            json.list(item -> {
                Fields metadata = new Fields(item, "", new ArrayList<>(), new StringPool()).at("metadata");
                if (metadata.text("name").equals(regarding.name())) {
                    found.add(metadata.text("uid"));
                }
            });
        } catch (InterruptedIOException e) {
            throw new InterruptedException();
        } catch (IOException | DocumentSyntaxException e) {
            LOG.debug("the UID of {} is unknown", regarding, e);
        }
        return found.isEmpty() ? "" : found.getFirst();
    }

    static String apiVersion(ResourceKind kind) {
        return switch (kind) {
            case SERVICE, NODE, PEER -> "v1";
            case ENDPOINT_SLICE -> "discovery.k8s.io/v1";
            case SERVICE_CIDR -> "networking.k8s.io/v1";
        };
    }

    /** The path of the list that an object is in. */
    private static String listPath(ObjectRef.Resource object) {
        return switch (object.kind()) {
            case NODE, PEER -> "/api/v1/nodes";
            case SERVICE_CIDR -> "/apis/networking.k8s.io/v1/servicecidrs";
            case SERVICE -> "/api/v1/namespaces/" + object.namespace() + "/services";
            case ENDPOINT_SLICE -> "/apis/discovery.k8s.io/v1/namespaces/" + object.namespace() + "/endpointslices";
        };
    }

    private static String path(String namespace) {
        return "/apis/events.k8s.io/v1/namespaces/" + namespace + "/events";
    }

    private Outcome send(String verb, String method, String uri, String type, Map<String, Object> body)
            throws InterruptedException {
        try {
            requests.send(method, uri, type, EventJson.of(body), PATIENCE);
            log.worked(verb, EVENTS);
            return Outcome.DONE;
        } catch (ApiFailure e) {
            if (e.status() == 409) {
                return Outcome.EXISTS;
            }
            if (e.status() == 404 && method.equals("PATCH")) {
                return Outcome.GONE;
            }
            log.failed(verb, EVENTS, e);
            return Outcome.FAILED;
        }
    }
}
