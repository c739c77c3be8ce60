package dev.sluice.daemon.repair;

import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.ProxyBackend;
import dev.sluice.core.sync.Suspects;
import dev.sluice.core.sync.SyncObserver;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.core.sync.Ticker;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.iptables.RestoreInput;
import dev.sluice.linux.rulewatch.ForeignEdit;
import dev.sluice.linux.rulewatch.Interest;
import dev.sluice.linux.rulewatch.OwnRestores;
import dev.sluice.linux.rulewatch.OwnRestores.Restore;
import dev.sluice.linux.rulewatch.RuleWatch;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has rules mended that somebody else flushes, edits or deletes: a watch notices, the sync thread compares what is suspect and
 * mends it, and the log, an Event and metrics tell.
 *
 * <p>The watch opens after the first syncs, since announcing a whole first sync would cost the kernel a quarter more; what was
 * changed before it opened is found by one comparison right after, unless it is known that nothing was.
 */
public final class RuleRepair implements SyncObserver, OwnRestores.Follower, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(RuleRepair.class);

    private final Map<IpFamily, ProxyBackend> backends = new EnumMap<>(IpFamily.class);
    private final Map<IpFamily, FamilyRepair> families = new EnumMap<>(IpFamily.class);
    private final Set<IpFamily> tried = EnumSet.noneOf(IpFamily.class);
    private final Opener opener;
    private final List<Repair.Listener> listeners;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
            task -> Thread.ofPlatform().name("sluice-repair").daemon().unstarted(task));
    private volatile Mender mender = (family, suspects) -> CompletableFuture.completedFuture(family);
    private @Nullable RuleWatch watch;
    private boolean opened;

    /** Opens the watch, in the network namespace of the calling thread. */
    @FunctionalInterface
    public interface Opener {
        RuleWatch open(Interest interest, Consumer<ForeignEdit> noticed) throws KernelException;
    }

    /** Mends on the sync thread; answers when that is done. */
    @FunctionalInterface
    public interface Mender {
        CompletableFuture<?> mend(IpFamily family, Suspects suspects);
    }

    /** @param own the restores of {@code backends}, to count what a repair writes */
    public RuleRepair(
            List<ProxyBackend> backends,
            OwnRestores own,
            Opener opener,
            List<Repair.Listener> listeners,
            Ticker ticker) {
        for (ProxyBackend backend : backends) {
            this.backends.put(backend.family(), backend);
            families.put(backend.family(), new FamilyRepair(backend.family(), ticker));
        }
        this.opener = opener;
        this.listeners = List.copyOf(listeners);
        own.follow(this);
    }

    /** From now on repairs are made by {@code loop}. */
    public void use(Mender loop) {
        mender = loop;
    }

    @Override
    public void succeeded(Success success) {
        if (!success.report().repaired().isEmpty()) {
            report(new Repair(
                    success.family(), FamilyRepair.SOMEBODY, success.report().repaired(), success.duration()));
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
            watch = opener.open(this::watches, this::noticed);
            log.info("rules that others change are noticed by {}", watch.means());
        } catch (KernelException e) {
            log.warn("rules that others change are mended by the next full sync only: {}", e.getMessage());
            return;
        }
        if (!watch.missedNothing()) {
            families.values().forEach(f -> suspect(f, Suspects.all(), ""));
        }
    }

    private boolean watches(IpFamily family, KernelObject object) {
        ProxyBackend backend = backends.get(family);
        return backend != null && backend.keepsStateIn(object);
    }

    private void noticed(ForeignEdit edit) {
        FamilyRepair family = families.get(edit.family());
        if (family != null) {
            log.debug("{} changed {} of {}", edit.by(), edit.everything() ? "anything" : edit.objects(), edit.family());
            suspect(family, suspects(edit), edit.by());
        }
    }

    private static Suspects suspects(ForeignEdit edit) {
        return edit.everything() ? Suspects.all() : Suspects.of(edit.objects());
    }

    private void suspect(FamilyRepair family, Suspects suspects, String by) {
        family.noticed(suspects, by, nanos -> schedule(family, nanos));
    }

    private void schedule(FamilyRepair family, long nanos) {
        try {
            var _ = timer.schedule(() -> look(family), nanos, TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            log.debug("closed: what was noticed is left to the next process", e);
        }
    }

    private void look(FamilyRepair family) {
        Optional<Suspects> suspects = family.take();
        if (suspects.isPresent()) {
            var _ = mender.mend(family.family(), suspects.get())
                    .whenComplete((done, failure) -> family.done(nanos -> schedule(family, nanos)));
        }
    }

    @Override
    public void repairing(IpFamily family) {
        FamilyRepair repair = families.get(family);
        if (repair != null) {
            repair.mending();
        }
    }

    @Override
    public void repaired(IpFamily family, SyncReport report) {
        FamilyRepair repair = families.get(family);
        if (repair != null) {
            repair.mended(report.repaired(), this::report);
        }
    }

    private void report(Repair repair) {
        log.warn("{}", repair.text());
        listeners.forEach(listener -> listener.repaired(repair));
    }

    @Override
    public void begins(Restore restore) {
        FamilyRepair family = families.get(restore.family());
        if (family != null && family.isMending()) {
            family.wrote(RestoreInput.parse(restore.input()));
        }
    }

    @Override
    public void ended(Restore restore) {}

    @Override
    public void close() {
        timer.shutdownNow();
        RuleWatch open;
        synchronized (this) {
            open = watch;
        }
        if (open != null) {
            open.close();
        }
    }
}
