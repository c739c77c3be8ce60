// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables.sync;

import dev.sluice.core.sync.KernelCost;
import dev.sluice.linux.Errno;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.nftables.NftCommand;
import dev.sluice.linux.nftables.NftCommand.AddElements;
import dev.sluice.linux.nftables.NftCommand.DeleteElements;
import dev.sluice.linux.nftables.NftCommand.Table;
import dev.sluice.linux.nftables.Nftables;
import dev.sluice.linux.nftables.Nftables.Committed;
import dev.sluice.linux.nftables.RefusedCommand;
import dev.sluice.linux.nftables.SetElement;
import dev.sluice.nftables.layout.ServiceSet;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes differences. One transaction carries all of a small one. A large one is divided such that nothing leads to
 * what is not there: first what is added or replaced, in the order of the sets, then what is stale, in the opposite
 * order.
 */
final class TransactionWriter {
    private static final Logger LOG = LoggerFactory.getLogger(TransactionWriter.class);

    /** Some megabytes, which the buffer of a privileged socket takes. */
    private static final int MOST_ELEMENTS = 16_000;

    private static final int FEWEST_ELEMENTS = 50;

    /** Commands that belong together are never longer than this. */
    private static final int ELEMENTS_OF_A_STEP = 400;

    private final Nftables nftables;
    private final Table table;
    private final SyncFailures failures;
    private int mostElements = MOST_ELEMENTS;

    TransactionWriter(Nftables nftables, Table table, SyncFailures failures) {
        this.nftables = nftables;
        this.table = table;
        this.failures = failures;
    }

    /** Commands of which all or none are carried out. */
    private record Step(List<NftCommand> commands, int elements) {}

    /**
     * Carries out {@code structure}, and then {@code delta}.
     *
     * @throws RefusedCommand when the kernel refuses a transaction; those before it are carried out
     */
    KernelCost write(List<NftCommand> structure, ElementDelta delta) throws KernelException {
        List<Step> steps = new ArrayList<>();
        if (!structure.isEmpty()) {
            steps.add(new Step(structure, structure.size()));
        }
        List<ServiceSet> sets = List.copyOf(delta.sets());
        for (ServiceSet set : sets) {
            put(steps, set, delta);
        }
        for (ServiceSet set : sets.reversed()) {
            if (set != ServiceSet.ALLOWED) {
                delete(steps, set, delta.removed(set));
            }
        }
        try {
            return commit(steps);
        } catch (KernelException e) {
            failures.transactionFailed();
            throw e;
        }
    }

    /**
     * Carries out {@code commands}, which delete chains that nothing leads to. Linux before 6.2 holds a chain for a
     * moment after what led to it is gone (EBUSY); it stays then.
     */
    KernelCost removeChains(List<NftCommand> commands) throws KernelException {
        if (commands.isEmpty()) {
            return KernelCost.NONE;
        }
        try {
            return commit(List.of(new Step(commands, commands.size())));
        } catch (RefusedCommand e) {
            failures.cleanUpFailed();
            LOG.debug("Chains that nothing leads to stay until the next full sync: {}", e.getMessage());
            return KernelCost.NONE;
        }
    }

    private void put(List<Step> steps, ServiceSet set, ElementDelta delta) {
        if (set == ServiceSet.ALLOWED) {
            // a range is refused while another one overlaps it
            List<NftCommand> together = new ArrayList<>();
            List<SetElement> stale = new ArrayList<>(delta.removed(set));
            List<SetElement> fresh = new ArrayList<>(delta.added(set));
            delta.changed(set).forEach(change -> {
                stale.add(change.before());
                fresh.add(change.after());
            });
            deletion(together, set, stale);
            if (!fresh.isEmpty()) {
                together.add(new AddElements(table, set.label(), fresh));
            }
            if (!together.isEmpty()) {
                steps.add(new Step(together, stale.size() + fresh.size()));
            }
            return;
        }
        for (List<ElementDelta.Change> part : parts(delta.changed(set))) {
            List<NftCommand> replaced = new ArrayList<>();
            deletion(
                    replaced,
                    set,
                    part.stream().map(ElementDelta.Change::before).toList());
            replaced.add(new AddElements(
                    table,
                    set.label(),
                    part.stream().map(ElementDelta.Change::after).toList()));
            steps.add(new Step(replaced, 2 * part.size()));
        }
        for (List<SetElement> part : parts(delta.added(set))) {
            steps.add(new Step(List.of(new AddElements(table, set.label(), part)), part.size()));
        }
    }

    private void delete(List<Step> steps, ServiceSet set, List<SetElement> stale) {
        for (List<SetElement> part : parts(stale)) {
            List<NftCommand> commands = new ArrayList<>();
            deletion(commands, set, part);
            steps.add(new Step(commands, part.size()));
        }
    }

    /** Elements are deleted by their keys alone. */
    private void deletion(List<NftCommand> commands, ServiceSet set, List<SetElement> elements) {
        if (!elements.isEmpty()) {
            List<SetElement> keys = elements.stream()
                    .map(e -> new SetElement(e.key(), e.end(), null, null, ""))
                    .toList();
            commands.add(new DeleteElements(table, set.label(), keys));
        }
    }

    private static <T> List<List<T>> parts(List<T> all) {
        List<List<T>> parts = new ArrayList<>();
        for (int from = 0; from < all.size(); from += ELEMENTS_OF_A_STEP) {
            parts.add(all.subList(from, Math.min(all.size(), from + ELEMENTS_OF_A_STEP)));
        }
        return parts;
    }

    private KernelCost commit(List<Step> steps) throws KernelException {
        KernelCost cost = KernelCost.NONE;
        int from = 0;
        while (from < steps.size()) {
            int to = from;
            int elements = 0;
            List<NftCommand> commands = new ArrayList<>();
            while (to < steps.size() && (to == from || elements + steps.get(to).elements() <= mostElements)) {
                elements += steps.get(to).elements();
                commands.addAll(steps.get(to++).commands());
            }
            try {
                Committed done = nftables.commit(commands);
                cost = cost.plus(new KernelCost(done.messages(), done.bytes()));
                from = to;
            } catch (NetlinkException e) {
                if (!isTooLong(e) || to - from == 1 || mostElements <= FEWEST_ELEMENTS) {
                    throw e;
                }
                mostElements /= 4;
            }
        }
        return cost;
    }

    /** Whether the socket's buffer is too small: the kernel has not even read it then. */
    private static boolean isTooLong(NetlinkException e) {
        return e.errno() == Errno.EMSGSIZE && !(e instanceof RefusedCommand);
    }
}
