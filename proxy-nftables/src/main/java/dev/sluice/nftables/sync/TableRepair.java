// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables.sync;

import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.sync.KernelCost;
import dev.sluice.core.sync.Suspects;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.nftables.NftTableWatch;
import dev.sluice.linux.nftables.Nftables;
import dev.sluice.nftables.layout.Kind;
import dev.sluice.nftables.layout.ServiceSet;
import dev.sluice.nftables.layout.TableLayout;
import java.util.Collection;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Makes what others have changed as it was applied. Reads the structure, which is small among any number of Services,
 * and the elements of the suspect sets alone; plans nothing anew.
 */
public final class TableRepair {
    private final Nftables nftables;
    private final TableLayout layout;
    private final AppliedElements applied;
    private final Structure structure;
    private final TransactionWriter writer;

    public TableRepair(Nftables nftables, TableLayout layout, AppliedElements applied) {
        this.nftables = nftables;
        this.layout = layout;
        this.applied = applied;
        this.structure = new Structure(layout);
        this.writer = new TransactionWriter(nftables, layout.table(), applied.failures);
    }

    /** @param objects what differed, each with how many rules or elements */
    public record Repaired(KernelCost cost, Map<KernelObject, Integer> objects) {}

    /**
     * Repairs {@code suspects}, and all that is missing.
     *
     * @throws KernelException when the kernel refuses it, because more has been changed than was noticed
     */
    public Repaired run(Suspects suspects) throws KernelException {
        Set<ServiceSet> compared =
                suspects.everything() ? EnumSet.allOf(ServiceSet.class) : EnumSet.noneOf(ServiceSet.class);
        for (KernelObject suspect : suspects.objects()) {
            if (suspect.kind().equals(NftTableWatch.SET)) {
                ServiceSet.labelled(suspect.name()).ifPresent(compared::add);
            }
        }
        compared.remove(ServiceSet.AFFINITY);
        KernelTable now = KernelTable.read(nftables, layout.table(), compared);
        EnumSet.allOf(ServiceSet.class).stream()
                .filter(set -> !now.present().contains(set))
                .forEach(compared::add);
        return write(now, compared);
    }

    private Repaired write(KernelTable now, Set<ServiceSet> compared) throws KernelException {
        Collection<Kind> kinds = applied.numbers.kinds().keySet();
        Map<KernelObject, Integer> objects = new TreeMap<>(structure.wrong(now, kinds));
        ElementDelta delta = new ElementDelta();
        DesiredElements desired = new DesiredElements(applied, compared);
        for (ServiceSet set : compared) {
            delta.compare(set, now.byKey(set), desired.of(set));
            if (delta.size(set) > 0) {
                objects.put(new KernelObject(NftTableWatch.SET, set.label()), delta.size(set));
            }
        }
        KernelCost cost = writer.write(structure.repair(now, kinds), delta);
        return new Repaired(cost.plus(writer.removeChains(structure.stale(now, kinds))), objects);
    }
}
