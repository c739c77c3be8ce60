// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.repair;

import dev.sluice.core.kernel.ForeignChange;
import dev.sluice.core.kernel.ForeignWatch;
import dev.sluice.core.kernel.HostException;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.Suspects;
import dev.sluice.core.sync.SyncObserver;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.core.sync.Ticker;
import dev.sluice.core.thread.ProcessEnd;
import dev.sluice.core.thread.SupervisedCallback;
import dev.sluice.core.thread.SupervisedTimer;
import dev.sluice.linux.iptables.RestoreInput;
import dev.sluice.linux.rulewatch.OwnRestores;
import dev.sluice.linux.rulewatch.OwnRestores.Restore;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Repairs rules that another program flushes, edits or deletes. A watch notices the change, the sync thread compares
 * what is suspect and repairs it, and the log, an Event and metrics report it.
 *
 * <p>The watch opens after the first syncs, since notifications would make a whole first sync a quarter more expensive
 * for the kernel. Changes from before it opened are found by one comparison right after, unless it is known that there
 * are none.
 */
public final class RuleRepair implements SyncObserver, OwnRestores.Follower, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RuleRepair.class);

    private final Map<IpFamily, FamilyRepair> families = new EnumMap<>(IpFamily.class);
    private final Set<IpFamily> tried = EnumSet.noneOf(IpFamily.class);
    private final ForeignWatch.Opener opener;
    private final List<Repair.Listener> listeners;
    private final ScheduledExecutorService timer = new SupervisedTimer("sluice-repair");
    private volatile Repairer repairer = (family, suspects) -> CompletableFuture.completedFuture(family);
    private @Nullable ForeignWatch watch;
    private boolean opened;

    /** Repairs on the sync thread; the result completes when that is done. */
    @FunctionalInterface
    public interface Repairer {
        CompletableFuture<?> repair(IpFamily family, Suspects suspects);
    }

    /**
     * A repair that is not started; closing it closes {@code opener}.
     *
     * @param own the restores of the mode in use, to count what a repair writes
     */
    public RuleRepair(
            Set<IpFamily> served,
            OwnRestores own,
            ForeignWatch.Opener opener,
            List<Repair.Listener> listeners,
            Ticker ticker) {
        served.forEach(family -> families.put(family, new FamilyRepair(family, ticker)));
        this.opener = opener;
        this.listeners = List.copyOf(listeners);
        own.follow(this);
    }

    /** Starts: from now on {@code loop} makes the repairs. */
    public void use(Repairer loop) {
        repairer = loop;
    }

    @Override
    public void succeeded(Success success) {
        if (!success.report().repaired().isEmpty()) {
            report(new Repair(
                    success.family(),
                    FamilyRepair.UNKNOWN_PROGRAM,
                    success.report().repaired(),
                    success.duration()));
        }
        tried(success.family());
    }

    @Override
    public void failed(Failure failure) {
        tried(failure.family());
    }

    private synchronized void tried(IpFamily family) {
        if (opened || !tried.add(family) || !tried.equals(families.keySet())) {
            return;
        }
        opened = true;
        try {
            watch = opener.open(this::noticed);
            LOG.atInfo()
                    .addKeyValue("by", watch.means())
                    .log("rules that others change are noticed by {}", watch.means());
        } catch (HostException e) {
            LOG.atWarn()
                    .addKeyValue("cause", e.getMessage())
                    .log("rules that others change are repaired by the next full sync only");
            return;
        }
        if (!watch.missedNothing()) {
            families.values().forEach(f -> suspect(f, Suspects.all(), ""));
        }
    }

    private void noticed(ForeignChange change) {
        FamilyRepair family = families.get(change.family());
        if (family != null) {
            Suspects suspects = change.everything() ? Suspects.all() : Suspects.of(change.objects());
            LOG.debug("{} changed {} of {}", change.by(), suspects, change.family());
            suspect(family, suspects, change.by());
        }
    }

    private void suspect(FamilyRepair family, Suspects suspects, String by) {
        family.noticed(suspects, by, nanos -> schedule(family, nanos));
    }

    private void schedule(FamilyRepair family, long nanos) {
        try {
            var _ = timer.schedule(() -> look(family), nanos, TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            LOG.debug("closed: what was noticed is left to the next process", e);
        }
    }

    private void look(FamilyRepair family) {
        Optional<Suspects> suspects = family.take();
        if (suspects.isPresent()) {
            SupervisedCallback.when(
                    repair(family, suspects.get()), (done, failure) -> family.done(nanos -> schedule(family, nanos)));
        }
    }

    /** Completes in any case: what comes after it would wait for ever otherwise. */
    private CompletableFuture<?> repair(FamilyRepair family, Suspects suspects) {
        try {
            return repairer.repair(family.family(), suspects);
        } catch (Throwable e) {
            ProcessEnd.ifFatal("sluice-repair", e);
            LOG.atError()
                    .addKeyValue("family", family.family())
                    .setCause(e)
                    .log("the repair is left to the next full sync");
            return CompletableFuture.failedFuture(e);
        }
    }

    @Override
    public void repairing(IpFamily family) {
        FamilyRepair repair = families.get(family);
        if (repair != null) {
            repair.repairing();
        }
    }

    @Override
    public void repaired(IpFamily family, SyncReport report) {
        FamilyRepair repair = families.get(family);
        if (repair != null) {
            repair.repaired(report.repaired(), this::report);
        }
    }

    private void report(Repair repair) {
        LOG.atWarn()
                .addKeyValue("family", repair.family())
                .addKeyValue("by", repair.by())
                .addKeyValue("rules", repair.rules())
                .addKeyValue("took", repair.took())
                .log("{}", repair.text());
        listeners.forEach(listener -> listener.repaired(repair));
    }

    @Override
    public void begins(Restore restore) {
        FamilyRepair family = families.get(restore.family());
        if (family != null && family.isRepairing()) {
            family.wrote(RestoreInput.parse(restore.input()));
        }
    }

    @Override
    public void ended(Restore restore) {}

    @Override
    public void close() {
        timer.shutdownNow();
        opener.close();
        ForeignWatch open;
        synchronized (this) {
            open = watch;
        }
        if (open != null) {
            open.close();
        }
    }
}
