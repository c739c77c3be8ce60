// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.repair;

import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.Suspects;
import dev.sluice.core.sync.Ticker;
import dev.sluice.linux.iptables.RestoreInput;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The state of repair in one family: what is suspect, and when it is looked at. Thread-safe. */
final class FamilyRepair {
    private static final Logger LOG = LoggerFactory.getLogger(FamilyRepair.class);
    static final String UNKNOWN_PROGRAM = "another program";

    private final IpFamily family;
    private final Ticker ticker;
    private final RepairPace pace = new RepairPace();
    private final Map<KernelObject, Integer> written = new TreeMap<>();
    private @Nullable Notice waiting;
    private @Nullable Notice looking;
    private boolean busy;
    private long begin;

    /** What another program did, until it is looked at. */
    private record Notice(Suspects suspects, Set<String> by, long at) {
        Notice and(Suspects more, String program) {
            Set<String> programs = new TreeSet<>(by);
            programs.add(program);
            return new Notice(suspects.and(more), programs, at);
        }

        Notice and(Notice later) {
            Set<String> programs = new TreeSet<>(by);
            programs.addAll(later.by);
            return new Notice(suspects.and(later.suspects), programs, at);
        }
    }

    FamilyRepair(IpFamily family, Ticker ticker) {
        this.family = family;
        this.ticker = ticker;
    }

    IpFamily family() {
        return family;
    }

    /**
     * Adds what was noticed; {@code schedule} gets the nanoseconds until {@link #take}, unless one is scheduled
     * already.
     */
    synchronized void noticed(Suspects suspects, String by, LongConsumer schedule) {
        String program = by.isEmpty() ? UNKNOWN_PROGRAM : by;
        if (waiting != null) {
            waiting = waiting.and(suspects, program);
            return;
        }
        waiting = new Notice(suspects, Set.of(program), ticker.nanos());
        if (!busy) {
            schedule(schedule);
        }
    }

    private void schedule(LongConsumer schedule) {
        busy = true;
        schedule.accept(pace.delay(ticker.nanos()));
    }

    /** Takes what is to be looked at now; again what was taken before, if that failed before {@link #done}. */
    synchronized Optional<Suspects> take() {
        if (waiting != null) {
            looking = looking == null ? waiting : looking.and(waiting);
            waiting = null;
        }
        return Optional.ofNullable(looking).map(Notice::suspects);
    }

    /** Marks it as looked at, successfully or not; schedules the rest. */
    synchronized void done(LongConsumer schedule) {
        busy = false;
        looking = null;
        if (waiting != null) {
            schedule(schedule);
        }
    }

    synchronized void repairing() {
        begin = ticker.nanos();
        written.clear();
    }

    /** Our own tools write something: counted during a repair. */
    synchronized void wrote(RestoreInput input) {
        input.tables()
                .forEach((table, chains) -> chains.forEach(
                        (chain, rules) -> written.merge(new KernelObject(table, chain), rules, Integer::sum)));
    }

    synchronized boolean isRepairing() {
        return looking != null;
    }

    /** The backend is done; notifies {@code listener} of what it repaired, rules or {@code beside}, if anything. */
    synchronized void repaired(Map<KernelObject, Integer> beside, Consumer<Repair> listener) {
        written.putAll(beside);
        Notice notice = looking;
        if (notice == null) {
            return;
        }
        long now = ticker.nanos();
        pace.looked(now, now - begin, !written.isEmpty());
        if (written.isEmpty()) {
            return;
        }
        String by = String.join(", ", notice.by());
        listener.accept(new Repair(family, by, written, Duration.ofNanos(now - notice.at())));
        long pause = pace.pause();
        if (pause > 0) {
            LOG.atWarn()
                    .addKeyValue("family", family)
                    .addKeyValue("by", by)
                    .addKeyValue("wait", Duration.ofNanos(pause))
                    .log(
                            "{}: {} changes rules of the proxy again and again; the next repair waits for {} s."
                                    + " Does another service proxy run on this node?",
                            family,
                            by,
                            Duration.ofNanos(pause).toSeconds());
        }
    }
}
