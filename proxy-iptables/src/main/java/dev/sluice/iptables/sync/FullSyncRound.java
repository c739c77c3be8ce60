// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables.sync;

import static dev.sluice.iptables.render.SharedChains.FILTER;
import static dev.sluice.iptables.render.SharedChains.NAT;
import static dev.sluice.iptables.render.SharedChains.NODE_PORTS;
import static dev.sluice.iptables.render.SharedChains.SERVICES;

import dev.sluice.core.model.ServicePortName;
import dev.sluice.iptables.affinity.ClientTransfer;
import dev.sluice.iptables.dispatch.DispatchLayout;
import dev.sluice.iptables.dispatch.PortTransition;
import dev.sluice.iptables.render.DispatchRoot;
import dev.sluice.iptables.render.LoopbackGuard;
import dev.sluice.iptables.render.PortChainNames;
import dev.sluice.iptables.render.PortRules;
import dev.sluice.iptables.render.SharedChains;
import dev.sluice.iptables.render.SharedRules;
import dev.sluice.iptables.sync.RestoreUnit.ChainsOfPort;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.linux.iptables.RestoreException;
import dev.sluice.linux.iptables.RestoreScript;
import dev.sluice.linux.iptables.RuleLine;
import dev.sluice.linux.iptables.SavedTable;
import dev.sluice.linux.iptables.TableDiff;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Compares both tables with the kernel once, and repairs what differs. Rules of earlier processes are adopted; where
 * nothing differs, nothing is written.
 *
 * <p>The order of the steps keeps the promise of {@link PortTransition} across many restores: first refusals, then the
 * chains of the ports, to which nothing jumps yet, then the rules that jump to them ({@link DispatchDiff}), and last
 * the removal of what is stale.
 */
final class FullSyncRound {
    /** How missing rules are written. */
    enum Manner {
        /** In as few restores as possible, which is fast when none is refused. */
        AT_ONCE,
        /** In a restore for each step, which finds the ports whose rules are refused. */
        STEP_BY_STEP
    }

    private final Iptables iptables;
    private final SharedRules shared;
    private final BatchWriter writer;
    private final ClientTransfer clients;

    FullSyncRound(Iptables iptables, SharedRules shared, BatchWriter writer, ClientTransfer clients) {
        this.iptables = iptables;
        this.shared = shared;
        this.writer = writer;
        this.clients = clients;
    }

    /**
     * @param manner how to write what is missing
     * @throws RestoreException in {@link Manner#AT_ONCE} when anything is refused
     */
    void run(Map<ServicePortName, PortRules> ports, DispatchLayout layout, Manner manner) throws KernelException {
        Map<String, String> saved = iptables.saveAll(List.of(NAT, FILTER));
        SavedTable nat = SavedTable.parse(NAT, saved.getOrDefault(NAT, ""));
        SavedTable filter = SavedTable.parse(FILTER, saved.getOrDefault(FILTER, ""));
        DispatchDiff refusals = new DispatchDiff(FILTER, layout, filter);
        DispatchDiff dispatch = new DispatchDiff(NAT, layout, nat);
        Set<String> portChains = new HashSet<>();
        List<ChainsOfPort> missing = new ArrayList<>();
        ports.forEach((name, port) -> {
            portChains.addAll(port.chains().keySet());
            ChainsOfPort.missing(name, port, nat).ifPresent(missing::add);
        });
        switch (manner) {
            case AT_ONCE -> {
                keepClients(missing, ports, nat);
                try (RestoreQueue queue = new RestoreQueue(iptables, writer)) {
                    planSharedFilter(filter, queue.script());
                    queue.add(FILTER, refusals.additions(ports));
                    planSharedNat(nat, queue.script());
                    queue.add(NAT, missing);
                    queue.add(NAT, dispatch.additions(ports));
                    queue.finish();
                }
            }
            case STEP_BY_STEP -> {
                writer.restore(planSharedFilter(filter, new RestoreScript()));
                writer.write(FILTER, refusals.additions(ports));
                writer.restore(planSharedNat(nat, new RestoreScript()));
                keepClients(missing, ports, nat);
                writer.write(NAT, missing);
                writer.write(NAT, dispatch.additions(ports));
            }
        }
        if (!writer.refused().isEmpty()) {
            return; // the layout differs without the refused ports: the next round continues
        }
        dispatch.deleteStale(writer);
        refusals.deleteStale(writer);
        new StaleChains(
                        nat,
                        PortChainNames::isPerPort,
                        chain -> portChains.contains(chain) || dispatch.isDesired(chain))
                .delete(writer);
        new StaleChains(filter, DispatchRoot::isFilterBranch, refusals::isDesired).delete(writer);
    }

    private void keepClients(List<ChainsOfPort> changed, Map<ServicePortName, PortRules> ports, SavedTable found)
            throws KernelException {
        for (ChainsOfPort each : changed) {
            Map<String, Integer> sets =
                    ports.getOrDefault(each.port(), PortRules.NOTHING).clientSets();
            for (String chain : each.chains().keySet()) {
                clients.replacing(found.rules(chain), sets);
            }
        }
    }

    private RestoreScript planSharedFilter(SavedTable found, RestoreScript script) {
        TableDiff.plan(found, shared.filter(found), SharedChains.IN_FILTER::contains, script);
        if (shared.servesLocalhost()) {
            LoopbackGuard.install(found, script);
        } else {
            LoopbackGuard.remove(found, script);
        }
        return script;
    }

    private RestoreScript planSharedNat(SavedTable found, RestoreScript script) {
        TableDiff.plan(found, shared.nat(found), SharedChains.IN_NAT::contains, script);
        repairEndOfServices(found.rules(SERVICES), script);
        return script;
    }

    /** The rules that lead to the node ports match far more than one address, so they stand after all others. */
    private void repairEndOfServices(List<String> services, RestoreScript script) {
        List<String> desired = shared.nodePortRules();
        List<String> found = services.stream()
                .filter(spec -> RuleLine.target(spec).filter(NODE_PORTS::equals).isPresent())
                .toList();
        boolean last = services.subList(services.size() - found.size(), services.size())
                .equals(found);
        if (!found.equals(desired) || !last) {
            desired.forEach(spec -> script.append(SERVICES, spec));
            found.forEach(spec -> script.delete(SERVICES, spec));
        }
    }
}
