// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import dev.sluice.core.thread.ProcessEnd;
import dev.sluice.core.thread.SupervisedCallback;
import dev.sluice.kubernetes.api.reflector.ApiFailure;
import dev.sluice.kubernetes.api.reflector.ApiTiming;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import java.io.IOException;
import java.net.URI;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The connections made from one set of settings and credentials. When they are given up, another client takes over, so
 * that no request waits on a connection whose peer has vanished.
 */
final class ApiClient {
    /** Every server answers here, if only with a refusal. */
    static final String ANSWERS_ANYONE = "/version";

    private static final Duration GRACE = Duration.ofSeconds(1);
    private static final Duration WARM_UP = Duration.ofSeconds(5);

    private final Config config;
    private final HttpClient http;
    private final WatchedFiles files;
    private final Optional<ClientCertificate> certificate;
    private final String authority;
    private final Set<BodyStream> open = ConcurrentHashMap.newKeySet();
    private volatile long lastHeard = System.nanoTime();
    private volatile boolean givenUp;
    private @Nullable CompletableFuture<Void> warmUp;

    private ApiClient(Config config, HttpClient http, WatchedFiles files) {
        this.config = config;
        this.http = http;
        this.files = files;
        this.certificate = ClientCertificate.of(config);
        this.authority = CertificateAuthority.fingerprint(config);
    }

    /**
     * Makes a client; sends nothing.
     *
     * @throws ApiConfigException when the settings cannot be used
     */
    static ApiClient of(ApiOptions options, Config config, ApiTiming timing, Executor executor)
            throws ApiConfigException {
        WatchedFiles files = WatchedFiles.of(options.kubeconfig(), config);
        config.setUserAgent(options.userAgent());
        config.setConnectionTimeout((int) Math.min(timing.request().toMillis(), 30_000));
        config.setRequestRetryBackoffLimit(0); // who asks decides when to ask again
        try {
            URI server = URI.create(config.getMasterUrl());
            if (server.getHost() == null) {
                throw new IllegalArgumentException("it is not a URL such as https://192.0.2.1:6443");
            }
            return new ApiClient(config, new HttpClientSetup(config, executor).client(), files);
        } catch (KubernetesClientException | IllegalArgumentException | IOException | GeneralSecurityException e) {
            throw new ApiConfigException(
                    "the connection to the API server " + config.getMasterUrl() + " cannot be set up: "
                            + Causes.root(e),
                    e);
        }
    }

    /** The server's URL, with a slash at its end. */
    String server() {
        String url = config.getMasterUrl();
        return url.endsWith("/") ? url : url + "/";
    }

    Optional<ClientCertificate> certificate() {
        return certificate;
    }

    /** The SHA-256 of the certificate authority's file, in hex; empty without one. */
    String authority() {
        return authority;
    }

    /** Whether a file that this client was made from has changed since. */
    WatchedFiles filesNow() {
        return files.now();
    }

    WatchedFiles files() {
        return files;
    }

    /** When anything was last received, by {@link System#nanoTime}. */
    long lastHeard() {
        return lastHeard;
    }

    HttpRequest.Builder request(String uri) {
        return http.newHttpRequestBuilder().uri(URI.create(server()).resolve(uri));
    }

    /**
     * Waits for the head of an answer; {@code body} gets what follows.
     *
     * @throws ApiFailure when there is none
     */
    HttpResponse<AsyncBody> send(HttpRequest.Builder builder, Duration patience, BodyStream body)
            throws ApiFailure, InterruptedException {
        if (config.getOauthTokenProvider() instanceof TokenFile token) {
            token.require();
        }
        HttpRequest request =
                builder.timeout(patience.toMillis(), TimeUnit.MILLISECONDS).build();
        CompletableFuture<HttpResponse<AsyncBody>> answer = begin(request, body);
        boolean arrived = false;
        try {
            HttpResponse<AsyncBody> head = answer.get(patience.plus(GRACE).toMillis(), TimeUnit.MILLISECONDS);
            arrived = true;
            heard();
            body.begin(head.body());
            open.add(body);
            if (givenUp) {
                throw givenUp();
            }
            return head;
        } catch (ExecutionException e) {
            ProcessEnd.ifFatal(e);
            throw ApiFailure.of(ApiFailure.Kind.UNREACHABLE, Causes.of(e.getCause()), e);
        } catch (TimeoutException e) {
            throw ApiFailure.of(ApiFailure.Kind.UNREACHABLE, "it does not answer in time", e);
        } finally {
            if (!arrived) {
                SupervisedCallback.when(answer, (late, failure) -> {
                    if (late != null) {
                        late.body().cancel();
                    }
                });
            }
        }
    }

    private CompletableFuture<HttpResponse<AsyncBody>> begin(HttpRequest request, BodyStream body) throws ApiFailure {
        try {
            return http.consumeBytes(request, body);
        } catch (RejectedExecutionException e) {
            throw ApiFailure.of(ApiFailure.Kind.UNREACHABLE, "the connection is closed", e);
        }
    }

    /** Called when bytes arrive. */
    void heard() {
        lastHeard = System.nanoTime();
    }

    /** The reader of a body has ended. */
    void closed(BodyStream body) {
        open.remove(body);
        body.close();
    }

    /** Makes all readers fail; they go on with the client that takes over. */
    void giveUp() {
        givenUp = true;
        open.forEach(body -> body.fail(givenUp()));
    }

    boolean isGivenUp() {
        return givenUp;
    }

    private static ApiFailure givenUp() {
        return ApiFailure.of(ApiFailure.Kind.CUT, "its connections were given up", null);
    }

    /**
     * Opens the connection with a small request, once. Waits until that is answered or fails, at most a few seconds.
     *
     * <p>Watches that begin together would otherwise each open a connection, of which a server that speaks HTTP/2 needs
     * but one; and the JDK's client keeps the first answer of a connection for as long as it lives.
     */
    void warmUp() throws InterruptedException {
        CompletableFuture<Void> done;
        boolean first;
        synchronized (this) {
            first = warmUp == null;
            if (warmUp == null) {
                warmUp = new CompletableFuture<>();
            }
            done = warmUp;
        }
        if (!first) {
            try {
                done.get(WARM_UP.plus(GRACE).toMillis(), TimeUnit.MILLISECONDS);
            } catch (ExecutionException | TimeoutException e) {
                ProcessEnd.ifFatal(e); // otherwise the request that follows says what is wrong
            }
            return;
        }
        try {
            ping(WARM_UP);
        } catch (ApiFailure e) {
            // the request that follows says what is wrong
        } finally {
            done.complete(null);
        }
    }

    /** Returns when the server has answered anything. */
    void ping(Duration patience) throws ApiFailure, InterruptedException {
        BodyStream body = new BodyStream(patience, silence -> {}, this::heard);
        try {
            send(request(ANSWERS_ANYONE), patience, body);
        } finally {
            closed(body);
        }
    }
}
