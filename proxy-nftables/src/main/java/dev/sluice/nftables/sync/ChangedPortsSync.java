// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables.sync;

import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.sync.KernelCost;
import dev.sluice.core.sync.ProxySnapshot;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.nftables.Nftables;
import dev.sluice.linux.nftables.RefusedCommand;
import dev.sluice.nftables.layout.Kind;
import dev.sluice.nftables.layout.ServiceSet;
import dev.sluice.nftables.layout.TableLayout;
import dev.sluice.nftables.plan.ServedNode;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Writes the difference that changed service ports make, without reading the kernel. */
public final class ChangedPortsSync {
    private final AppliedElements applied;
    private final Structure structure;
    private final TransactionWriter writer;

    public ChangedPortsSync(Nftables nftables, TableLayout layout, AppliedElements applied) {
        this.applied = applied;
        this.structure = new Structure(layout);
        this.writer = new TransactionWriter(nftables, layout.table(), applied.failures);
    }

    /**
     * Applies the ports of these names.
     *
     * @return empty when the kernel refused it, because of a port or because the table has been changed: everything has
     *     to be compared then
     * @throws KernelException when it is unknown what was done
     */
    public Optional<KernelCost> run(ProxySnapshot desired, Collection<ServicePortName> names, ServedNode node)
            throws KernelException {
        PortChanges changes = new PortChanges(applied, node);
        for (ServicePortName name : names) {
            applied.refused.remove(name);
            ResolvedPort port = desired.port(name);
            if (port == null) {
                changes.remove(name);
            } else {
                changes.put(port);
            }
        }
        if (applied.hasUnplanned(names)) {
            // numbers of kinds that no port has any more are given back by a full sync
            applied.forget();
            return Optional.empty();
        }
        try {
            return Optional.of(write(changes));
        } catch (RefusedCommand refusal) {
            applied.forget();
            return Optional.empty();
        } catch (KernelException e) {
            applied.forget();
            throw e;
        }
    }

    private KernelCost write(PortChanges changes) throws KernelException {
        ElementDelta delta = changes.delta();
        Collection<Kind> kinds = changes.newKinds();
        Map<Kind, Integer> numbers = applied.numbers.kinds();
        for (Kind kind : kinds) {
            Integer number = numbers.get(kind);
            if (number != null) {
                delta.compare(ServiceSet.KINDS, null, TableLayout.element(kind, number));
            }
        }
        return writer.write(kinds.isEmpty() ? List.of() : structure.add(kinds), delta);
    }
}
