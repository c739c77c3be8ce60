// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables.sync;

import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.sync.KernelCost;
import dev.sluice.iptables.sync.RestoreUnit.DispatchRule;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.linux.iptables.RestoreException;
import dev.sluice.linux.iptables.RestoreScript;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Writes the rules of many ports in batches, and finds the ports whose rules are refused. A refused restore changes
 * nothing, so it is repeated without the port that the tool's message points at, or in halves where the message names
 * no line.
 */
final class BatchWriter {
    /**
     * Lines per restore in the nft variant, whose time for one input grows faster than its length, while each commit
     * costs something for every chain in the table. 10,000 Services of 5 endpoints took 9.7 s in batches of 500 lines,
     * 6.2 s of 1,000, 4.8 s of 2,000 and of 5,000, 6.1 s of 10,000 and 8.8 s of 20,000.
     */
    private static final int NFT_LINES = 4_000;

    /** With more refusals in one sync, single ports are not the cause. */
    private static final int MAX_REFUSALS = 200;

    private final Iptables iptables;
    private final int linesPerRestore;
    private final Map<ServicePortName, Problem> refused = new LinkedHashMap<>();
    private final Set<String> created = new HashSet<>();
    private final WrittenRuleCounts written = new WrittenRuleCounts();
    private KernelCost cost = KernelCost.NONE;
    private int refusals;

    BatchWriter(Iptables iptables) {
        this.iptables = iptables;
        this.linesPerRestore = switch (iptables.variant()) {
            case NFT -> NFT_LINES;
            case LEGACY -> Integer.MAX_VALUE; // every restore replaces the table
        };
    }

    /** How many lines to put into one restore. */
    int linesPerRestore() {
        return linesPerRestore;
    }

    /** Restores {@code script} unless it is empty. */
    void restore(RestoreScript script) throws RestoreException {
        if (!script.isEmpty()) {
            String text = script.text();
            iptables.restore(text);
            count(text, script.lines());
        }
    }

    /** Counts a restore that succeeded. */
    void count(String text, int lines) {
        written.add(text);
        cost = cost.plus(new KernelCost(lines, text.length()));
    }

    /** Writes {@code units} in their order, except those of ports that were refused. */
    void write(String table, List<? extends RestoreUnit> units) throws RestoreException {
        List<RestoreUnit> batch = new ArrayList<>();
        RestoreScript script = new RestoreScript().table(table);
        for (RestoreUnit unit : units) {
            if (isRefused(unit)) {
                continue;
            }
            batch.add(unit);
            unit.writeTo(script, created);
            if (script.lines() >= linesPerRestore) {
                writeBatch(table, List.copyOf(batch));
                batch.clear();
                script = new RestoreScript().table(table);
            }
        }
        writeBatch(table, batch);
    }

    private void writeBatch(String table, List<RestoreUnit> units) throws RestoreException {
        RestoreScript script = new RestoreScript().table(table);
        units.forEach(unit -> unit.writeTo(script, created));
        try {
            restore(script);
        } catch (RestoreException e) {
            writeWithoutRefused(table, units, e);
            return;
        }
        for (RestoreUnit unit : units) {
            if (unit instanceof DispatchRule rule) {
                created.add(rule.chain());
            }
        }
    }

    private void writeWithoutRefused(String table, List<RestoreUnit> units, RestoreException e)
            throws RestoreException {
        // without a line the input is not the cause, but the lock, missing privileges or the tool itself
        if (e.line().isEmpty() || ++refusals > MAX_REFUSALS) {
            throw e;
        }
        Optional<RestoreUnit> culprit = culprit(e, units);
        if (culprit.isPresent()) {
            ServicePortName port = culprit.get().port();
            if (port == null) {
                throw e; // no single port to leave out
            }
            refuse(port, e);
            writeBatch(
                    table,
                    units.stream().filter(unit -> !port.equals(unit.port())).toList());
        } else {
            writeBatch(table, units.subList(0, units.size() / 2));
            writeBatch(
                    table,
                    units.subList(units.size() / 2, units.size()).stream()
                            .filter(unit -> !isRefused(unit))
                            .toList());
        }
    }

    private boolean isRefused(RestoreUnit unit) {
        ServicePortName port = unit.port();
        return port != null && refused.containsKey(port);
    }

    private static Optional<RestoreUnit> culprit(RestoreException e, List<RestoreUnit> units) {
        return units.size() == 1
                ? Optional.of(units.getFirst())
                : units.stream().filter(unit -> unit.hasLine(e.lineText())).findFirst();
    }

    private void refuse(ServicePortName port, RestoreException e) {
        String reason = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
        refused.put(port, Problem.skipped(ObjectRef.service(port.service()), port.port(), reason));
    }

    /** The ports whose rules the kernel or the tool refused. */
    Map<ServicePortName, Problem> refused() {
        return refused;
    }

    KernelCost cost() {
        return cost;
    }

    WrittenRuleCounts written() {
        return written;
    }
}
