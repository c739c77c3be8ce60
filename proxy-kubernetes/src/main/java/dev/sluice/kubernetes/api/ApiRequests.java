// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import dev.sluice.kubernetes.api.reflector.ApiFailure;
import dev.sluice.kubernetes.api.reflector.ApiStatus;
import dev.sluice.kubernetes.api.reflector.ApiTransport;
import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Sends requests over the connection's client, measures them, and judges the heads of the answers. */
final class ApiRequests implements ApiTransport {
    private static final int LONGEST_STATUS = 64 << 10;

    /** Fails at the first silence. */
    static final SilenceListener GIVE_UP = silence -> {
        throw ApiFailure.of(ApiFailure.Kind.CUT, "it stopped for " + silence.toSeconds() + " s", null);
    };

    private final ApiConnection connection;
    private volatile Duration lastProbe = Duration.ZERO;

    ApiRequests(ApiConnection connection) {
        this.connection = connection;
    }

    @Override
    public Answer get(String verb, String uri, Duration patience, SilenceListener silence)
            throws ApiFailure, InterruptedException {
        return get(verb, uri, "application/json", patience, silence);
    }

    /** The same for a form of the objects other than plain JSON. */
    Answer get(String verb, String uri, String accept, Duration patience, SilenceListener silence)
            throws ApiFailure, InterruptedException {
        ApiClient client = connection.client();
        client.warmUp();
        HttpRequest.Builder request = client.request(uri);
        request.header("Accept", accept);
        if (verb.equals("list")) {
            // a server compresses what is long; a watch it would delay
            request.header("Accept-Encoding", "gzip");
        }
        return exchange(client, "GET", request, patience, silence);
    }

    /**
     * Sends a request with a body, e.g. {@code PATCH}, and returns the answer's body.
     *
     * @throws ApiFailure when there is no answer, or not a successful one
     */
    byte[] send(String method, String uri, String type, String body, Duration patience)
            throws ApiFailure, InterruptedException {
        ApiClient client = connection.client();
        HttpRequest.Builder request = client.request(uri).method(method, type, body);
        try (Answer answer = exchange(client, method, request, patience, GIVE_UP)) {
            return answer.body().readNBytes(LONGEST_STATUS);
        } catch (ApiFailure e) {
            throw e;
        } catch (IOException e) {
            throw ApiFailure.of(ApiFailure.Kind.CUT, Causes.root(e), e);
        }
    }

    private Answer exchange(
            ApiClient client, String method, HttpRequest.Builder request, Duration patience, SilenceListener silence)
            throws ApiFailure, InterruptedException {
        String host = URI.create(client.server()).getAuthority();
        BodyStream body = new BodyStream(connection.timing().silence(), silence, client::heard);
        long begun = System.nanoTime();
        HttpResponse<AsyncBody> head;
        try {
            head = client.send(request, patience, body);
        } catch (ApiFailure e) {
            client.closed(body);
            connection.observer().requested(method, host, 0, since(begun));
            if (since(begun).compareTo(patience) >= 0 || Causes.isDefect(e)) {
                connection.giveUp(client, begun);
            }
            throw e;
        }
        Duration took = since(begun);
        connection.log().answered();
        connection.observer().reached();
        connection.observer().requested(method, host, head.code(), took);
        Received received = new Received(client, body, head, took, method, host);
        try {
            received.judge();
            return received;
        } catch (ApiFailure e) {
            received.close();
            throw e;
        }
    }

    @Override
    public void probe() throws ApiFailure, InterruptedException {
        ApiClient client = connection.client();
        synchronized (client) {
            if (client.isGivenUp()
                    || since(client.lastHeard()).compareTo(connection.timing().silence()) < 0) {
                return;
            }
            long begun = System.nanoTime();
            Duration patience = connection.timing().probe().plus(lastProbe);
            try {
                client.ping(patience);
                lastProbe = since(begun);
            } catch (ApiFailure e) {
                if (client.lastHeard() - begun >= 0) {
                    return;
                }
                Duration silent = since(client.lastHeard());
                connection.giveUp(client, begun);
                throw ApiFailure.of(
                        ApiFailure.Kind.UNREACHABLE,
                        "it has been silent for " + silent.toSeconds() + " s, and does not answer a probe ("
                                + e.getMessage() + ")",
                        e);
            }
        }
    }

    private static Duration since(long nanos) {
        return Duration.ofNanos(System.nanoTime() - nanos);
    }

    /** An answer whose head has arrived. */
    private final class Received implements Answer {
        private final ApiClient client;
        private final BodyStream body;
        private final AnswerText text;
        private final HttpResponse<AsyncBody> head;
        private final Duration took;
        private final String method;
        private final String host;

        private Received(
                ApiClient client,
                BodyStream body,
                HttpResponse<AsyncBody> head,
                Duration took,
                String method,
                String host) {
            this.client = client;
            this.body = body;
            this.text = new AnswerText(body, head.header("Content-Encoding"));
            this.head = head;
            this.took = took;
            this.method = method;
            this.host = host;
        }

        @Override
        public InputStream body() {
            return text;
        }

        /** HTTP/2 forbids this header, and a body of unknown length needs it in HTTP/1.1. */
        @Override
        public boolean hasItsOwnConnection() {
            return head.header("Transfer-Encoding") != null;
        }

        @Override
        public Duration took() {
            return took;
        }

        @Override
        public void fail(ApiFailure failure) {
            body.fail(failure);
        }

        @Override
        public void close() {
            client.closed(body);
            connection.observer().received(method, host, text.count());
            try {
                text.close();
            } catch (IOException e) {
                throw new IllegalStateException("nothing here is closed over the network", e);
            }
        }

        /** @throws ApiFailure unless this is a successful answer of an API server */
        private void judge() throws ApiFailure {
            if (head.code() >= 400) {
                ApiStatus status = ApiStatus.read(statusBody());
                Duration later = later(status.retryAfter());
                if (!later.isZero()) {
                    connection.observer().retried(method, host, head.code());
                }
                throw ApiFailure.refused(head.code(), later, status.message());
            }
            String type = head.header("Content-Type");
            if (head.code() >= 300
                    || (type != null && !type.toLowerCase(Locale.ROOT).contains("json"))) {
                throw ApiFailure.of(
                        ApiFailure.Kind.NO_API_ANSWER,
                        "HTTP " + head.code() + " with content of type " + type
                                + "; is there a proxy or a login page in between?",
                        null);
            }
        }

        private byte[] statusBody() {
            try {
                return text.readNBytes(LONGEST_STATUS);
            } catch (IOException e) {
                return new byte[0];
            }
        }

        /** The longer of what the header and the status ask for. */
        private Duration later(Duration said) {
            String header = head.header("Retry-After");
            Duration asked = header == null ? Duration.ZERO : parsed(header.strip());
            return asked.compareTo(said) > 0 ? asked : said;
        }

        private static Duration parsed(String header) {
            try {
                if (header.matches("[0-9]{1,9}")) {
                    return Duration.ofSeconds(Long.parseLong(header));
                }
                Instant until = ZonedDateTime.parse(header, DateTimeFormatter.RFC_1123_DATE_TIME)
                        .toInstant();
                Duration rest = Duration.between(Instant.now(), until);
                return rest.isNegative() ? Duration.ZERO : rest;
            } catch (DateTimeException e) {
                return Duration.ZERO;
            }
        }
    }
}
