// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import dev.sluice.kubernetes.api.reflector.ApiFailure;
import dev.sluice.kubernetes.api.reflector.ReflectorObserver;
import dev.sluice.kubernetes.api.reflector.WatchedResource;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Passes what happens to one resource's watch on to the log and to the connection's observer. */
final class WatchReport implements ReflectorObserver {
    private final WatchedResource resource;
    private final ConnectionLog log;
    private final ApiObserver observer;
    private @Nullable Instant lostSince;

    WatchReport(WatchedResource resource, ConnectionLog log, ApiObserver observer) {
        this.resource = resource;
        this.log = log;
        this.observer = observer;
    }

    @Override
    public void failed(String verb, ApiFailure failure) {
        log.failed(verb, resource.plural(), failure);
        lostSince = lostSince == null ? Instant.now() : lostSince;
        switch (failure.kind()) {
            case UNREACHABLE -> observer.unreachable(lostSince, failure.getMessage());
            case REFUSED, NO_API_ANSWER ->
                observer.refused(resource.kind(), verb, failure.status(), failure.getMessage());
            case CUT, EXPIRED, WENT_BACK -> {}
        }
    }

    @Override
    public void listed() {
        lostSince = null;
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
