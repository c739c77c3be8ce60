// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables.sync;

import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.sync.KernelCost;
import dev.sluice.core.sync.ProxySnapshot;
import dev.sluice.core.sync.SyncException;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.iptables.affinity.ClientSets;
import dev.sluice.iptables.config.IptablesConfig;
import dev.sluice.iptables.dispatch.DispatchLayout;
import dev.sluice.iptables.dispatch.DispatchLimits;
import dev.sluice.iptables.node.NodeSetup;
import dev.sluice.iptables.render.ClientMemory;
import dev.sluice.iptables.render.PortRules;
import dev.sluice.iptables.render.RenderContext;
import dev.sluice.iptables.render.SharedRules;
import dev.sluice.iptables.sync.AppliedState.Basis;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.iptables.Iptables;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Renders everything and makes the kernel hold it, in rounds: each leaves out the ports that the round before found
 * refused.
 */
public final class FullSync {
    private static final int MAX_ROUNDS = 5;

    private final IptablesConfig config;
    private final Iptables iptables;
    private final NodeSetup node;
    private final DispatchLimits limits;
    private final AppliedState applied;
    private final ClientSets clients;

    public FullSync(
            IptablesConfig config,
            Iptables iptables,
            NodeSetup node,
            DispatchLimits limits,
            AppliedState applied,
            ClientSets clients) {
        this.config = config;
        this.iptables = iptables;
        this.node = node;
        this.limits = limits;
        this.applied = applied;
        this.clients = clients;
    }

    public SyncReport run(ProxySnapshot desired) throws SyncException {
        applied.forget(); // until this has succeeded
        SharedRules shared = node.sharedRules(iptables.supportsRandomFully());
        RenderContext context = new RenderContext(
                config,
                desired.node().address(config.family()).orElse(null),
                desired.endpointCount() <= RenderContext.COMMENTED_ENDPOINTS,
                node.countsLocalhost(),
                ClientMemory.SETS);
        Rendering rendering = rememberClients(context, desired);
        Map<ServicePortName, PortRules> rendered = rendering.ports();
        Map<ServicePortName, Problem> refused = new LinkedHashMap<>();
        KernelCost cost = rendering.cost();
        WrittenRuleCounts written = new WrittenRuleCounts();
        DispatchLayout layout;
        for (int round = 1; ; round++) {
            layout = DispatchLayout.of(limits, shared, rendered.values());
            BatchWriter writer = new BatchWriter(iptables);
            runRound(new FullSyncRound(iptables, shared, writer, clients.transfer()), rendered, layout);
            cost = cost.plus(writer.cost());
            written.add(writer.written());
            if (writer.refused().isEmpty()) {
                break;
            }
            if (round == MAX_ROUNDS) {
                throw new SyncException("iptables " + config.family() + ": rules are still refused after leaving out "
                        + refused.keySet() + "; trying everything again later");
            }
            refused.putAll(writer.refused());
            rendered.keySet().removeAll(refused.keySet());
        }
        node.openLocalhost();
        clients.retain(clientSets(rendered.values()));
        applied.replace(new Basis(rendering.context(), shared, layout), desired.ports(), refused, rendered.values());
        return new SyncReport(true, cost, applied.problems(), applied.counts(), written.counts(), Map.of());
    }

    /**
     * All ports, and what they were rendered with.
     *
     * @param cost of creating the sets that the rules name
     */
    private record Rendering(RenderContext context, Map<ServicePortName, PortRules> ports, KernelCost cost) {}

    /** Renders all ports, once the sets exist that their rules name; ports whose sets are refused use lists instead. */
    private Rendering rememberClients(RenderContext context, ProxySnapshot desired) throws SyncException {
        try {
            boolean needed =
                    desired.ports().stream().anyMatch(port -> port.service().hasAffinity());
            ClientMemory memory = clients.read(needed);
            Map<ServicePortName, PortRules> ports = new TreeMap<>();
            RenderContext first = context.with(memory);
            desired.ports().forEach(port -> ports.put(port.name(), PortRules.render(first, port)));
            ClientSets.Created created = clients.adopt(clientSets(ports.values()));
            if (created.refused().isEmpty()) {
                return new Rendering(first, ports, created.cost());
            }
            RenderContext second = first.with(memory.without(limits(ports, created.refused())));
            desired.ports().stream()
                    .filter(port -> second.memory().exceptions().containsKey(port.name()))
                    .forEach(port -> ports.put(port.name(), PortRules.render(second, port)));
            return new Rendering(second, ports, created.cost());
        } catch (KernelException e) {
            throw new SyncException("iptables " + config.family() + ": session affinity: " + e.getMessage(), e);
        }
    }

    private static Map<ServicePortName, String> limits(
            Map<ServicePortName, PortRules> ports, Map<String, String> refused) {
        Map<ServicePortName, String> limits = new LinkedHashMap<>();
        ports.forEach((name, port) -> port.clientSets().keySet().forEach(set -> {
            String reason = refused.get(set);
            if (reason != null) {
                limits.put(name, reason);
            }
        }));
        return limits;
    }

    private static Set<String> clientSets(Collection<PortRules> ports) {
        Set<String> sets = new HashSet<>();
        ports.forEach(port -> sets.addAll(port.clientSets().keySet()));
        return sets;
    }

    private void runRound(FullSyncRound round, Map<ServicePortName, PortRules> ports, DispatchLayout layout)
            throws SyncException {
        try {
            round.run(ports, layout);
        } catch (KernelException e) {
            throw new SyncException("iptables " + config.family() + ": " + e.getMessage(), e);
        }
    }
}
