// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables.sync;

import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.sync.KernelCost;
import dev.sluice.core.sync.ProxySnapshot;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.nftables.NftCommand;
import dev.sluice.linux.nftables.Nftables;
import dev.sluice.linux.nftables.RefusedCommand;
import dev.sluice.nftables.layout.Kind;
import dev.sluice.nftables.layout.TableLayout;
import dev.sluice.nftables.plan.ElementPlan;
import dev.sluice.nftables.plan.Placed.Place;
import dev.sluice.nftables.plan.Pool;
import dev.sluice.nftables.plan.PoolPair;
import dev.sluice.nftables.plan.PoolPlanner;
import dev.sluice.nftables.plan.PortElements;
import dev.sluice.nftables.plan.ServedNode;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Compares the kernel's table with everything that is desired, and writes the difference. */
public final class FullTableSync {
    private static final Logger LOG = LoggerFactory.getLogger(FullTableSync.class);

    /** Each leaves out at least one service port more. */
    private static final int MOST_ATTEMPTS = 1000;

    private final Nftables nftables;
    private final TableLayout layout;
    private final AppliedElements applied;
    private final Structure structure;
    private final TransactionWriter writer;

    public FullTableSync(Nftables nftables, TableLayout layout, AppliedElements applied) {
        this.nftables = nftables;
        this.layout = layout;
        this.applied = applied;
        this.structure = new Structure(layout);
        this.writer = new TransactionWriter(nftables, layout.table(), applied.failures);
    }

    /**
     * Makes the kernel's table what {@code desired} and {@code node} need, without those ports that the kernel refuses.
     *
     * @throws KernelException when it is not
     */
    public KernelCost run(ProxySnapshot desired, ServedNode node) throws KernelException {
        applied.refused.clear();
        boolean replaces = false;
        for (int attempt = 1; ; attempt++) {
            KernelTable now = KernelTable.read(nftables, layout.table());
            KnownPools known = plan(desired, now);
            try {
                KernelCost cost = replaces ? replace(desired, node) : write(now, known, desired, node);
                applied.node = node;
                return cost;
            } catch (RefusedCommand refusal) {
                if (!replaces && isOfStructure(refusal.command())) {
                    LOG.atWarn()
                            .addKeyValue("table", layout.table())
                            .addKeyValue("cause", refusal.getMessage())
                            .log("Replacing a table that is not as we make it");
                    replaces = true;
                } else {
                    leaveOut(refusal, desired, node, attempt);
                }
            } catch (KernelException e) {
                applied.forget();
                throw e;
            }
        }
    }

    private static boolean isOfStructure(NftCommand command) {
        return !(command instanceof NftCommand.AddElements || command instanceof NftCommand.DeleteElements);
    }

    private void leaveOut(RefusedCommand refusal, ProxySnapshot desired, ServedNode node, int attempt)
            throws RefusedCommand {
        Optional<ServicePortName> culprit = RefusedElements.culprit(refusal, place -> owner(place, desired, node));
        applied.forget();
        if (culprit.isEmpty() || attempt >= MOST_ATTEMPTS) {
            throw refusal;
        }
        applied.refused.put(culprit.get(), RefusedElements.problem(culprit.get(), refusal));
    }

    private Optional<ServicePortName> owner(Place place, ProxySnapshot desired, ServedNode node) {
        for (ResolvedPort port : desired.ports()) {
            ElementPlan plan = applied.ports.get(port.name());
            if (plan != null
                    && PortElements.of(node, applied.numbers, plan).stream()
                            .anyMatch(placed -> placed.place().equals(place))) {
                return Optional.of(port.name());
            }
        }
        return Optional.empty();
    }

    private KnownPools plan(ProxySnapshot desired, KernelTable now) {
        applied.forget();
        KnownPools known = new KnownPools(now, layout.family());
        known.take(applied.numbers);
        PoolPlanner planner = new PoolPlanner(applied.numbers);
        Planning planning = new Planning(known, planner, known.numbers());
        desired.ports().forEach(planning::plan);
        planning.unused.stream().forEach(applied.numbers::freePool);
        List.copyOf(applied.numbers.kinds().keySet()).stream()
                .filter(kind -> !planning.kinds.contains(kind))
                .forEach(applied.numbers::freeKind);
        // some may have found all numbers taken
        planning.leftOut.forEach(port -> applied.put(planner.plan(port, PoolPair.NONE)));
        return known;
    }

    /** The planning of all ports. A method for each of them is soon compiled, a long loop only at its end. */
    private final class Planning {
        private final KnownPools known;
        private final PoolPlanner planner;
        private final BitSet unused;
        private final Set<Kind> kinds = new HashSet<>();
        private final List<ResolvedPort> leftOut = new ArrayList<>();

        Planning(KnownPools known, PoolPlanner planner, BitSet unused) {
            this.known = known;
            this.planner = planner;
            this.unused = unused;
        }

        void plan(ResolvedPort port) {
            if (!applied.refused.isEmpty() && applied.refused.containsKey(port.name())) {
                return;
            }
            PoolPair before = known.of(port);
            ElementPlan plan = planner.plan(port, before);
            known.planned(before, plan.pools());
            applied.put(plan);
            if (plan.isLeftOut()) {
                leftOut.add(plan.port());
                return;
            }
            for (Pool pool : plan.all()) {
                unused.clear(pool.id());
                Kind kind = plan.kind(pool);
                if (kind != null) {
                    kinds.add(kind);
                }
            }
        }
    }

    private KernelCost replace(ProxySnapshot desired, ServedNode node) throws KernelException {
        List<NftCommand> anew = structure.replace(applied.numbers.kinds().keySet());
        return writer.write(anew, new TableComparison(KernelTable.NONE, _ -> false, applied).run(desired, node));
    }

    private KernelCost write(KernelTable now, KnownPools known, ProxySnapshot desired, ServedNode node)
            throws KernelException {
        Set<Kind> kinds = applied.numbers.kinds().keySet();
        ElementDelta delta = new TableComparison(now, known::hasSlots, applied).run(desired, node);
        KernelCost cost = writer.write(structure.repair(now, kinds), delta);
        return cost.plus(writer.removeChains(structure.stale(now, kinds)));
    }
}
