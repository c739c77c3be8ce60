// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.ResourceKind;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The requests to the API server for Events. Each waits for its response; none throws when it fails. */
final class EventRequests {
    private static final Logger LOG = LoggerFactory.getLogger(EventRequests.class);
    private static final int PATIENCE_SECONDS = 10;
    private static final int NO_ANSWER = 0;
    private static final String ONLY_METADATA =
            "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";
    private static final DateTimeFormatter MICROS = DateTimeFormatter.ofPattern(
                    "uuuu-MM-dd'T'HH:mm:ss.SSSSSS'Z'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    private final KubernetesClient client;

    EventRequests(KubernetesClient client) {
        this.client = client;
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
        return outcome(send(request(path(namespace)).post("application/json", json(event))));
    }

    /** Updates the series of an Event: it has happened {@code count} times. */
    Outcome repeat(String namespace, String name, long count, Instant last) throws InterruptedException {
        Map<String, Object> series = Map.of("count", count, "lastObservedTime", micros(last));
        return outcome(send(request(path(namespace) + "/" + name)
                .method("PATCH", "application/merge-patch+json", json(Map.of("series", series)))));
    }

    /**
     * The UID of an object, empty when unknown: {@code kubectl describe} shows an Event only for the object with its
     * UID. This lists, because the role of a node proxy may list Services but not get one.
     */
    String uid(ObjectRef.Resource regarding) throws InterruptedException {
        String selector = URLEncoder.encode("metadata.name=" + regarding.name(), StandardCharsets.UTF_8);
        HttpRequest.Builder request =
                request(listPath(regarding) + "?limit=1&resourceVersion=0&fieldSelector=" + selector);
        request.header("Accept", ONLY_METADATA);
        Answer answer = send(request);
        return answer.isSuccess() ? uid(answer.body(), regarding.name()) : "";
    }

    private String uid(String list, String name) {
        try {
            Map<?, ?> root = client.getKubernetesSerialization().unmarshal(list, Map.class);
            return root.get("items") instanceof List<?> items
                    ? items.stream()
                            .map(item -> item instanceof Map<?, ?> object ? object.get("metadata") : null)
                            .filter(metadata -> metadata instanceof Map<?, ?> m && name.equals(m.get("name")))
                            .map(metadata -> ((Map<?, ?>) metadata).get("uid"))
                            .filter(String.class::isInstance)
                            .map(String.class::cast)
                            .findFirst()
                            .orElse("")
                    : "";
        } catch (RuntimeException e) {
            LOG.debug("no UID in {}", list, e);
            return "";
        }
    }

    static String apiVersion(ResourceKind kind) {
        return switch (kind) {
            case SERVICE, NODE -> "v1";
            case ENDPOINT_SLICE -> "discovery.k8s.io/v1";
        };
    }

    /** The path of the list that an object is in. */
    private static String listPath(ObjectRef.Resource object) {
        return switch (object.kind()) {
            case NODE -> "/api/v1/nodes";
            case SERVICE -> "/api/v1/namespaces/" + object.namespace() + "/services";
            case ENDPOINT_SLICE -> "/apis/discovery.k8s.io/v1/namespaces/" + object.namespace() + "/endpointslices";
        };
    }

    private static String path(String namespace) {
        return "/apis/events.k8s.io/v1/namespaces/" + namespace + "/events";
    }

    private String json(Map<String, Object> object) {
        return client.getKubernetesSerialization().asJson(object);
    }

    private HttpRequest.Builder request(String path) {
        return client.getHttpClient()
                .newHttpRequestBuilder()
                .uri(URI.create(client.getMasterUrl().toString()).resolve(path));
    }

    private record Answer(int status, String body) {
        boolean isSuccess() {
            return status >= 200 && status < 300;
        }
    }

    private Answer send(HttpRequest.Builder builder) throws InterruptedException {
        HttpClient http = client.getHttpClient();
        HttpRequest request = builder.build();
        try {
            HttpResponse<String> response =
                    http.sendAsync(request, String.class).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            return new Answer(response.code(), String.valueOf(response.body()));
        } catch (ExecutionException | TimeoutException | IllegalStateException e) {
            LOG.debug("No response to {} {}", request.method(), request.uri(), e);
            return new Answer(NO_ANSWER, "");
        }
    }

    private Outcome outcome(Answer answer) {
        if (answer.isSuccess()) {
            return Outcome.DONE;
        }
        // ConnectionLog has logged the refusal
        LOG.debug("The API server rejected an Event: {} {}", answer.status(), answer.body());
        return switch (answer.status()) {
            case 409 -> Outcome.EXISTS;
            case 404 -> Outcome.GONE;
            default -> Outcome.FAILED;
        };
    }
}
