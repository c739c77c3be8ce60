// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.fabric8.kubernetes.client.http.Interceptor;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.UnresolvedAddressException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs once what is wrong with the connection to the API server, and once that it works again. The client retries
 * forever and would log either nothing or the same line every second.
 */
final class ConnectionLog implements Interceptor {
    private static final Logger LOG = LoggerFactory.getLogger(ConnectionLog.class);
    /** So many connections may be cut at once without a problem: one for each watch, and some more. */
    private static final int CUTS = 6;

    /** Every server answers here, if only with a refusal, which is ignored. */
    static final String WARM_UP_PATH = "/version";

    private static final String RULES_STAY = "The rules in force stay; the proxy retries.";

    /** The last message about each resource. */
    private final Map<String, String> said = new ConcurrentHashMap<>();
    /** The number of failed connections since the server last answered. */
    private final AtomicInteger failures = new AtomicInteger();

    /** Whether the log says that the server cannot be reached. */
    private final AtomicBoolean unreachable = new AtomicBoolean();

    private volatile boolean ended;

    /** Logs nothing more: what fails from now on fails because the connection is being closed. */
    void end() {
        ended = true;
    }

    @Override
    public void after(HttpRequest request, HttpResponse<?> response, AsyncBody.Consumer<List<ByteBuffer>> consumer) {
        String server = server(request.uri());
        failures.set(0);
        if (unreachable.getAndSet(false)) {
            LOG.info("The API server {} answers again.", server);
        }
        String resource = server + " " + resource(request.uri());
        int code = response.code();
        if (code < 400) {
            if (said.remove(resource) != null) {
                LOG.info("The API server {} serves {} again.", server, resource(request.uri()));
            }
        } else if (!isExpected(request.uri(), code)) {
            say(resource, refusal(server, resource(request.uri()), code));
        }
    }

    /** Whether a status is expected: an expired watch, or an Event that exists already or no longer. */
    private static boolean isExpected(URI uri, int code) {
        boolean event = uri.getPath().startsWith("/apis/events.k8s.io/");
        return code == 410
                || uri.getPath().equals(WARM_UP_PATH)
                || (event && (code == 409 || (code == 404 && !uri.getPath().endsWith("/events"))));
    }

    @Override
    public void afterConnectionFailure(HttpRequest request, @Nullable Throwable failure) {
        Optional<String> cause = cause(failure);
        boolean certain = failures.incrementAndGet() > CUTS || cause.isPresent();
        if (!ended && certain && unreachable.compareAndSet(false, true)) {
            String server = server(request.uri());
            LOG.warn("The API server {} cannot be reached: {}. {}", server, cause.orElse(rootOf(failure)), RULES_STAY);
        }
    }

    private void say(String of, String text) {
        if (!ended && !text.equals(said.put(of, text))) {
            LOG.warn("{}", text);
        }
    }

    private static String refusal(String server, String resource, int code) {
        String what = "The API server " + server + " refuses " + resource + " with HTTP " + code;
        return switch (code) {
            case 401 ->
                what
                        + ": it does not accept the proxy's credentials. Check the token or certificate of the kubeconfig or service"
                        + " account. " + RULES_STAY;
            case 403 ->
                what + ": the proxy's account may not do this. It needs get, list and watch on services, nodes and"
                        + " endpointslices.discovery.k8s.io, and create and patch on events.events.k8s.io; binding it to"
                        + " the ClusterRole system:node-proxier grants all of that. " + RULES_STAY;
            case 404 -> what + ": it does not serve this resource (Kubernetes 1.21 or later is needed). " + RULES_STAY;
            default -> what + ". " + RULES_STAY;
        };
    }

    private static String server(URI uri) {
        return uri.getScheme().replace("ws", "http") + "://" + uri.getAuthority();
    }

    /** The last part of the path: {@code services}, {@code endpointslices}, {@code nodes}, {@code events}. */
    private static String resource(URI uri) {
        String path = uri.getPath();
        boolean events = path.startsWith("/apis/events.k8s.io/");
        return events ? "events" : path.substring(path.lastIndexOf('/') + 1);
    }

    /** A cause that an operator can act on; empty when the connection may just have been cut. */
    private static Optional<String> cause(@Nullable Throwable failure) {
        String answer = null;
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            switch (cause) {
                case UnresolvedAddressException e -> {
                    return Optional.of("its name does not resolve");
                }
                case SSLException e -> {
                    return Optional.of("TLS fails (" + e.getMessage()
                            + "); check the certificate authority and the server's name");
                }
                case HttpTimeoutException e -> {
                    return Optional.of("it does not answer in time");
                }
                // the JDK's client leaves the message of a refused connection out
                case ConnectException e -> answer = e.getMessage() == null ? "connection refused" : e.getMessage();
                default -> {}
            }
        }
        return Optional.ofNullable(answer);
    }

    private static String rootOf(@Nullable Throwable failure) {
        Throwable cause = failure;
        while (cause != null && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return String.valueOf(cause);
    }
}
