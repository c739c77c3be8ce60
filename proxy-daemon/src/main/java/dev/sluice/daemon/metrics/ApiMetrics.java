// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.metrics;

import dev.sluice.core.model.ResourceKind;
import dev.sluice.kubernetes.api.ApiObserver;
import dev.sluice.kubernetes.api.ClientCertificate;
import dev.sluice.kubernetes.api.reflector.ReflectorObserver.WatchEnd;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.Histogram;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The metrics of the connection to the API server: client-go's, with its names and buckets, and Sluice's own. */
final class ApiMetrics implements ApiObserver {
    private static final String NO_ANSWER = "<error>";

    private final CollectorFactory names;
    private final InstantSource clock;
    private final Counter requests;
    private final Counter retries;
    private final Histogram duration;
    private final Histogram responseSize;
    private final Gauge up;
    private final Gauge lastEvent;
    private final Counter restarts;
    private @Nullable Gauge certificateExpiry;

    ApiMetrics(CollectorFactory names, InstantSource clock) {
        this.names = names;
        this.clock = clock;
        requests = names.counter(
                "rest_client_requests_total",
                "Requests to the API server, by status, method and host",
                "code",
                "host",
                "method");
        retries = names.counter(
                "rest_client_request_retries_total",
                "Requests that the API server asked to repeat later, by status, verb and host",
                "code",
                "host",
                "verb");
        duration = names.histogram(
                "rest_client_request_duration_seconds",
                "Time until the head of an answer arrived, in seconds",
                Buckets.API_REQUEST,
                "host",
                "verb");
        responseSize = names.histogram(
                "rest_client_response_size_bytes",
                "Size of the answers in bytes; of a watch, all that it has delivered",
                Buckets.API_SIZE,
                "host",
                "verb");
        up = names.gauge("sluice_watch_up", "1 while the resource is watched, 0 while it is not", "resource");
        lastEvent = names.gauge(
                "sluice_watch_last_event_timestamp_seconds",
                "Time of the last list, change or bookmark of the resource",
                "resource");
        restarts = names.counter(
                "sluice_watch_restarts_total", "Watches that have ended, by resource and cause", "cause", "resource");
    }

    @Override
    public void requested(String method, String host, int status, Duration took) {
        requests.labelValues(status == 0 ? NO_ANSWER : Integer.toString(status), host, method)
                .inc();
        duration.labelValues(host, method).observe(took.toNanos() / 1e9);
    }

    @Override
    public void received(String method, String host, long bytes) {
        responseSize.labelValues(host, method).observe((double) bytes);
    }

    @Override
    public void retried(String method, String host, int status) {
        retries.labelValues(Integer.toString(status), host, method).inc();
    }

    /** What is not watched yet shows as 0. */
    @Override
    public void begun(ResourceKind kind) {
        up.initLabelValues(kind.plural());
    }

    @Override
    public void watching(ResourceKind kind) {
        up.labelValues(kind.plural()).set(1);
    }

    @Override
    public void heard(ResourceKind kind) {
        Instant now = clock.instant();
        lastEvent.labelValues(kind.plural()).set(now.getEpochSecond() + now.getNano() / 1e9);
    }

    /** A watch that is opened anew at once counts as up meanwhile. */
    @Override
    public void ended(ResourceKind kind, WatchEnd cause) {
        if (cause != WatchEnd.PLANNED) {
            up.labelValues(kind.plural()).set(0);
        }
        restarts.labelValues(cause.label(), kind.plural()).inc();
    }

    @Override
    public void refused(ResourceKind kind, String verb, int status, String cause) {
        up.labelValues(kind.plural()).set(0);
    }

    @Override
    public synchronized void certificate(Optional<ClientCertificate> inUse) {
        if (inUse.isEmpty() && certificateExpiry == null) {
            return;
        }
        Gauge gauge = certificateExpiry;
        if (gauge == null) {
            // without a certificate there is no such metric: an alert on it would take 0 for expired
            gauge = names.gauge(
                    "sluice_client_certificate_expiry_seconds",
                    "Time at which the client certificate for the API server expires");
            certificateExpiry = gauge;
        }
        gauge.set(inUse.map(found -> (double) found.until().getEpochSecond()).orElse(Double.NaN));
    }
}
