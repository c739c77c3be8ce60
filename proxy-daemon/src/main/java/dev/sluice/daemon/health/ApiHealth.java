// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.health;

import dev.sluice.core.model.ResourceKind;
import dev.sluice.kubernetes.api.ApiObserver;
import dev.sluice.kubernetes.api.ClientCertificate;
import dev.sluice.kubernetes.api.reflector.ReflectorObserver.WatchEnd;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What is wrong with the connection to the API server. Told by its threads, asked by the pages. */
public final class ApiHealth implements ApiObserver, ProblemSource {
    private static final String SERVER = "API server";

    /** A watch that breaks off is opened anew within seconds as a rule. */
    private static final Duration WITHOUT_WATCH = Duration.ofMinutes(1);
    /** A watch delivers a bookmark every minute, and is opened anew where it does not. */
    private static final Duration SILENT_WATCH = Duration.ofMinutes(5);

    private final InstantSource clock;
    private final Map<ResourceKind, WatchHealth> watches = new EnumMap<>(ResourceKind.class);
    private @Nullable Unreachable unreachable;
    private Optional<ClientCertificate> certificate = Optional.empty();
    private @Nullable Kept kept;

    private record Unreachable(Instant since, String cause) {}

    private record Kept(Instant since, String reason) {}

    private record Refusal(Instant since, String verb, int status, String cause) {
        boolean isOf(String otherVerb, int otherStatus) {
            return verb.equals(otherVerb) && status == otherStatus;
        }
    }

    /** One resource. */
    private static final class WatchHealth {
        private boolean up;
        private Instant since;
        private @Nullable Instant heard;
        private @Nullable Refusal refusal;

        WatchHealth(Instant since) {
            this.since = since;
        }

        void down(Instant now) {
            since = up ? now : since;
            up = false;
        }
    }

    public ApiHealth(InstantSource clock) {
        this.clock = clock;
    }

    private WatchHealth watch(ResourceKind kind) {
        return watches.computeIfAbsent(kind, _ -> new WatchHealth(clock.instant()));
    }

    /** From now on it is missed while it is not watched. */
    @Override
    public synchronized void begun(ResourceKind kind) {
        watch(kind);
    }

    @Override
    public synchronized void watching(ResourceKind kind) {
        WatchHealth watch = watch(kind);
        watch.up = true;
        watch.since = clock.instant();
        watch.refusal = null;
    }

    @Override
    public synchronized void heard(ResourceKind kind) {
        WatchHealth watch = watch(kind);
        watch.heard = clock.instant();
        Refusal refusal = watch.refusal;
        if (watch.up || (refusal != null && refusal.verb().equals("list"))) {
            watch.refusal = null;
        }
    }

    /** A watch that is opened anew at once counts as up meanwhile. */
    @Override
    public synchronized void ended(ResourceKind kind, WatchEnd cause) {
        if (cause != WatchEnd.PLANNED) {
            watch(kind).down(clock.instant());
        }
    }

    @Override
    public synchronized void refused(ResourceKind kind, String verb, int status, String cause) {
        WatchHealth watch = watch(kind);
        watch.down(clock.instant());
        Refusal before = watch.refusal;
        Instant since = before != null && before.isOf(verb, status) ? before.since() : clock.instant();
        watch.refusal = new Refusal(since, verb, status, cause);
    }

    @Override
    public synchronized void unreachable(Instant since, String cause) {
        Unreachable before = unreachable;
        Instant first = before != null && before.since().isBefore(since) ? before.since() : since;
        unreachable = new Unreachable(first, cause);
    }

    @Override
    public synchronized void reached() {
        unreachable = null;
    }

    @Override
    public synchronized void certificate(Optional<ClientCertificate> inUse) {
        certificate = inUse;
    }

    @Override
    public synchronized void credentialsKept(String reason) {
        Kept before = kept;
        Instant since = before == null ? clock.instant() : before.since();
        kept = reason.isEmpty() ? null : new Kept(since, reason);
    }

    @Override
    public synchronized List<HealthProblem> problems(Instant now) {
        List<HealthProblem> problems = new ArrayList<>();
        if (unreachable != null) {
            problems.add(HealthProblem.of(
                    ProblemCause.API_UNREACHABLE,
                    SERVER,
                    "cannot be reached: " + unreachable.cause(),
                    unreachable.since()));
        }
        watches.forEach((kind, watch) -> {
            if (watch.refusal != null) {
                problems.add(refusal(kind, watch.refusal));
            }
        });
        certificate
                .filter(found -> !found.warning(now).isEmpty())
                .ifPresent(found -> problems.add(HealthProblem.of(
                        ProblemCause.CLIENT_CERTIFICATE, SERVER, found.warning(now), worryingSince(found, now))));
        if (kept != null) {
            problems.add(HealthProblem.of(
                    ProblemCause.CREDENTIALS_REFUSED,
                    SERVER,
                    "the credentials cannot be loaded anew, those in use stay: " + kept.reason(),
                    kept.since()));
        }
        staleWatches(now).ifPresent(problems::add);
        return problems;
    }

    private static Instant worryingSince(ClientCertificate found, Instant now) {
        if (now.isBefore(found.from())) {
            return now;
        }
        return now.isAfter(found.until()) ? found.until() : found.renewal();
    }

    private static HealthProblem refusal(ResourceKind kind, Refusal refusal) {
        boolean credentials = refusal.status() == 401 || refusal.status() == 403;
        String answer = refusal.status() == 0 ? "no answer of an API server" : "HTTP " + refusal.status();
        return HealthProblem.of(
                credentials ? ProblemCause.CREDENTIALS_REFUSED : ProblemCause.API_REFUSES,
                kind.plural(),
                refusal.verb() + " of " + kind.plural() + ": " + answer
                        + (refusal.cause().isEmpty() ? "" : ": " + refusal.cause()),
                refusal.since());
    }

    private Optional<HealthProblem> staleWatches(Instant now) {
        Map<ResourceKind, Instant> stale = new EnumMap<>(ResourceKind.class);
        watches.forEach((kind, watch) -> {
            Instant last = watch.heard == null || watch.heard.isBefore(watch.since) ? watch.since : watch.heard;
            Duration allowed = watch.up ? SILENT_WATCH : WITHOUT_WATCH;
            Instant from = watch.up ? last : watch.since;
            if (from.plus(allowed).isBefore(now)) {
                stale.put(kind, from);
            }
        });
        return stale.values().stream().min(Instant::compareTo).map(since -> {
            String names = stale.keySet().stream().map(ResourceKind::plural).collect(Collectors.joining(", "));
            return HealthProblem.of(
                    ProblemCause.WATCH_STALE, names, "not watched: changes of " + names + " are not noticed", since);
        });
    }
}
