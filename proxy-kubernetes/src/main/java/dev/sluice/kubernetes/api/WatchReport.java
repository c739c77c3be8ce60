// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import dev.sluice.kubernetes.api.reflector.ApiFailure;
import dev.sluice.kubernetes.api.reflector.ReflectorObserver;
import dev.sluice.kubernetes.api.reflector.WatchedResource;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Passes what happens to one resource's watch on to the log and to the connection's observer. */
final class WatchReport implements ReflectorObserver {
    private static final Logger LOG = LoggerFactory.getLogger(WatchReport.class);

    private final WatchedResource resource;
    private final ConnectionLog log;
    private final ApiObserver observer;
    private @Nullable Instant lostSince;
    private boolean denied;

    WatchReport(WatchedResource resource, ConnectionLog log, ApiObserver observer) {
        this.resource = resource;
        this.log = log;
        this.observer = observer;
    }

    @Override
    public void failed(String verb, ApiFailure failure) {
        if (resource.isDenied(failure)) {
            denied(verb, failure);
            return;
        }
        log.failed(verb, resource.plural(), failure);
        lostSince = lostSince == null ? Instant.now() : lostSince;
        switch (failure.kind()) {
            case UNREACHABLE -> observer.unreachable(lostSince, failure.getMessage());
            case REFUSED, NO_API_ANSWER ->
                observer.refused(resource.kind(), verb, failure.status(), failure.getMessage());
            case CUT, EXPIRED, WENT_BACK -> {}
        }
    }

    private void denied(String verb, ApiFailure failure) {
        if (!denied) {
            LOG.atWarn()
                    .addKeyValue("resource", resource.plural())
                    .addKeyValue("status", failure.status())
                    .log("Going on without {}: {}", resource.plural(), reason(verb, failure));
        }
        denied = true;
    }

    private String reason(String verb, ApiFailure failure) {
        return failure.status() == 404
                ? "the API server does not have them (Kubernetes 1.33 has)"
                : "the proxy's account may not " + verb + " them";
    }

    @Override
    public void listed() {
        lostSince = null;
        denied = false;
        log.worked("list", resource.plural());
        observer.heard(resource.kind());
    }

    @Override
    public void watching() {
        lostSince = null;
        log.granted("watch", resource.plural());
        observer.watching(resource.kind());
    }

    @Override
    public void heard() {
        log.worked("watch", resource.plural());
        observer.heard(resource.kind());
    }

    @Override
    public void ended(WatchEnd cause) {
        if (cause == WatchEnd.PLANNED) {
            log.worked("watch", resource.plural());
        }
        observer.ended(resource.kind(), cause);
    }
}
