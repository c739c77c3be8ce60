// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.sync;

import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.kernel.ObjectKind;
import dev.sluice.core.model.Problem;
import java.util.List;
import java.util.Map;

/**
 * The result of a successful sync.
 *
 * @param full whether the whole state was compared with the kernel
 * @param problems every Service that this backend leaves out at present, also those of earlier syncs
 * @param applied how many objects of each kind the mode has now
 * @param written how many rules this sync wrote, by kind; empty when the mode does not count them
 * @param repaired what other programs had changed beside rules, each with how many things it was
 */
public record SyncReport(
        boolean full,
        KernelCost cost,
        List<Problem> problems,
        Map<ObjectKind, Long> applied,
        Map<ObjectKind, Long> written,
        Map<KernelObject, Integer> repaired) {

    public SyncReport {
        problems = List.copyOf(problems);
        applied = Map.copyOf(applied);
        written = Map.copyOf(written);
        repaired = Map.copyOf(repaired);
    }

    /** A sync that counts no written rules and repaired nothing. */
    public SyncReport(boolean full, KernelCost cost, List<Problem> problems, Map<ObjectKind, Long> applied) {
        this(full, cost, problems, applied, Map.of(), Map.of());
    }

    /** This report with {@code more} added to its cost. */
    public SyncReport plus(KernelCost more) {
        return new SyncReport(full, cost.plus(more), problems, applied, written, repaired);
    }
}
