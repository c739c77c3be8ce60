// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.sync;

import dev.sluice.core.config.SyncPeriods;
import dev.sluice.core.model.Problem;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.SyncObserver.Failure;
import dev.sluice.core.sync.SyncObserver.Success;
import dev.sluice.core.thread.ProcessEnd;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Syncs and repairs one family. A failure here does not affect the other family. */
final class FamilySync {
    private static final Logger LOG = LoggerFactory.getLogger(FamilySync.class);
    private static final int REPAIR_ATTEMPTS = 3;

    private final ProxyBackend backend;
    private final ClusterState state;
    private final SyncSchedule schedule;
    private final Ticker ticker;
    private final InstantSource clock;
    private final SyncObservers observers;
    private List<Problem> problems = List.of();
    private boolean inForce;

    FamilySync(
            ProxyBackend backend,
            ClusterState state,
            SyncPeriods periods,
            Ticker ticker,
            InstantSource clock,
            SyncObservers observers) {
        this.backend = backend;
        this.state = state;
        this.schedule = new SyncSchedule(periods);
        this.ticker = ticker;
        this.clock = clock;
        this.observers = observers;
    }

    IpFamily family() {
        return backend.family();
    }

    /** The problems of the backend as of its last successful sync. */
    List<Problem> problems() {
        return problems;
    }

    void request() {
        schedule.request();
        observers.call(o -> o.queued(family()));
    }

    void requestFull() {
        schedule.requestFull();
        observers.call(o -> o.queued(family()));
    }

    /** Nanoseconds until the next sync is due. */
    long untilDue() {
        return schedule.untilDue(ticker.nanos());
    }

    /** Syncs now. */
    void run() {
        long begin = ticker.nanos();
        boolean full = schedule.begin(begin);
        try {
            SyncBatch batch = state.take(family());
            full |= batch.changes().everything();
            run(batch, full, begin);
        } catch (Throwable e) {
            ProcessEnd.rethrowFatal(e);
            failed(e, full, begin);
        }
    }

    private void run(SyncBatch batch, boolean full, long begin) throws SyncException {
        observers.call(o -> o.begun(family(), full));
        if (!full && batch.changes().isEmpty() && !schedule.checkDue(begin)) {
            schedule.succeeded(ticker.nanos(), false);
            observers.call(o -> o.unchanged(family()));
            return;
        }
        SyncReport report = backend.sync(batch.snapshot(), full ? Changes.all() : batch.changes());
        long end = ticker.nanos();
        schedule.succeeded(end, full);
        schedule.checkIn(end, backend.nextCheck());
        inForce = true;
        problems = report.problems();
        Success success = success(batch, full, report, Duration.ofNanos(end - begin));
        LOG.atDebug()
                .addKeyValue("family", family())
                .addKeyValue("full", full)
                .addKeyValue("took", success.duration())
                .addKeyValue("messages", report.cost().messages())
                .addKeyValue("bytes", report.cost().bytes())
                .log("synced");
        observers.call(o -> o.succeeded(success));
    }

    private Success success(SyncBatch batch, boolean full, SyncReport report, Duration duration) {
        Instant now = clock.instant();
        ProxySnapshot snapshot = batch.snapshot();
        return new Success(
                family(),
                full,
                report,
                duration,
                batch.triggerTimes().stream().map(t -> Duration.between(t, now)).toList(),
                snapshot.ports().size(),
                snapshot.endpointCount(),
                snapshot.noLocalEndpoints(),
                full
                        ? ReadinessUpdate.all(snapshot)
                        : ReadinessUpdate.of(snapshot, batch.changes().ports()));
    }

    /**
     * Repairs what is suspect, now. Pending changes stay pending, so that only foreign changes are reverted. Does
     * nothing before the first sync or after a failed one: the next sync compares everything anyway.
     */
    void repair(Suspects suspects) {
        if (!inForce) {
            return;
        }
        long begin = ticker.nanos();
        observers.call(o -> o.repairing(family()));
        try {
            SyncReport report = repair(suspects, 1);
            problems = report.problems();
            schedule.checkIn(ticker.nanos(), backend.nextCheck());
            LOG.atDebug()
                    .addKeyValue("family", family())
                    .addKeyValue("cost", report.cost())
                    .log("checked for foreign changes");
            observers.call(o -> o.repaired(family(), report));
        } catch (Throwable e) {
            ProcessEnd.rethrowFatal(e);
            failed(e, suspects.everything(), begin);
            requestFull();
        }
    }

    /** Another program may still be changing rules, so a refusal is likely; the next attempt compares everything. */
    private SyncReport repair(Suspects suspects, int attempt) throws SyncException {
        try {
            return backend.repair(state.snapshot(family()), suspects);
        } catch (SyncException e) {
            if (attempt == REPAIR_ATTEMPTS) {
                throw e;
            }
            LOG.atInfo()
                    .addKeyValue("family", family())
                    .addKeyValue("cause", e.getMessage())
                    .log("comparing all rules, because another program is changing them");
            return repair(Suspects.all(), attempt + 1);
        }
    }

    private void failed(Throwable cause, boolean full, long begin) {
        inForce = false;
        long end = ticker.nanos();
        schedule.failed(end);
        String wait = Duration.ofNanos(schedule.untilDue(end)).toString();
        if (cause instanceof SyncException) {
            LOG.atError()
                    .addKeyValue("family", family())
                    .addKeyValue("within", wait)
                    .addKeyValue("cause", cause.getMessage())
                    .log("sync failed, a full one follows");
            LOG.atDebug().addKeyValue("family", family()).setCause(cause).log("sync failed");
        } else {
            LOG.atError()
                    .addKeyValue("family", family())
                    .addKeyValue("within", wait)
                    .setCause(cause)
                    .log("sync failed unexpectedly, a full one follows");
        }
        Failure failure = new Failure(family(), full, Duration.ofNanos(end - begin), cause);
        observers.call(o -> o.failed(failure));
    }
}
