// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import dev.sluice.core.model.ResourceKind;
import dev.sluice.kubernetes.api.reflector.ReflectorObserver.WatchEnd;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Several observers as one. */
record ApiObservers(List<ApiObserver> observers) implements ApiObserver {
    private void each(Consumer<ApiObserver> event) {
        observers.forEach(event);
    }

    @Override
    public void requested(String method, String host, int status, Duration took) {
        each(o -> o.requested(method, host, status, took));
    }

    @Override
    public void received(String method, String host, long bytes) {
        each(o -> o.received(method, host, bytes));
    }

    @Override
    public void retried(String method, String host, int status) {
        each(o -> o.retried(method, host, status));
    }

    @Override
    public void begun(ResourceKind kind) {
        each(o -> o.begun(kind));
    }

    @Override
    public void watching(ResourceKind kind) {
        each(o -> o.watching(kind));
    }

    @Override
    public void heard(ResourceKind kind) {
        each(o -> o.heard(kind));
    }

    @Override
    public void ended(ResourceKind kind, WatchEnd cause) {
        each(o -> o.ended(kind, cause));
    }

    @Override
    public void certificate(Optional<ClientCertificate> inUse) {
        each(o -> o.certificate(inUse));
    }

    @Override
    public void credentialsKept(String reason) {
        each(o -> o.credentialsKept(reason));
    }

    @Override
    public void unreachable(Instant since, String cause) {
        each(o -> o.unreachable(since, cause));
    }

    @Override
    public void reached() {
        each(ApiObserver::reached);
    }

    @Override
    public void refused(ResourceKind kind, String verb, int status, String cause) {
        each(o -> o.refused(kind, verb, status, cause));
    }
}
