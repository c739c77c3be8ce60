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
import dev.sluice.iptables.sync.FullSyncRound.Manner;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.linux.iptables.RestoreException;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Renders everything and makes the kernel hold it: at once, as long as nothing is refused, else step by step and in
 * rounds, each of which leaves out the ports that the round before found refused.
 */
public final class FullSync {
    private static final Logger LOG = LoggerFactory.getLogger(FullSync.class);

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

    /** @param refusal whether one is expected, as a change was refused just now */
    public SyncReport run(ProxySnapshot desired, boolean refusal) throws SyncException {
        applied.forget(); // until this has succeeded
        KernelCost cost = KernelCost.NONE;
        WrittenRuleCounts written = new WrittenRuleCounts();
        try {
            if (!refusal && applied.isComplete()) {
                BatchWriter writer = new BatchWriter(iptables);
                try {
                    return writeAtOnce(desired, writer);
                } catch (RestoreException e) {
                    cost = writer.cost();
                    written.add(writer.written());
                    requireRefusedRule(e);
                }
            }
            return writeStepByStep(desired, cost, written);
        } catch (KernelException e) {
            throw new SyncException("iptables " + config.family() + ": " + e.getMessage(), e);
        }
    }

    /** Throws what is not due to a rule, but to the lock, missing privileges or the tool itself. */
    private void requireRefusedRule(RestoreException e) throws RestoreException {
        if (e.line().isEmpty()) {
            throw e;
        }
        LOG.atInfo()
                .addKeyValue("family", config.family())
                .addKeyValue("cause", e.getMessage())
                .log("writing step by step to find the refused rule");
    }

    private SyncReport writeAtOnce(ProxySnapshot desired, BatchWriter writer) throws SyncException, KernelException {
        SharedRules shared = node.sharedRules(iptables.supportsRandomFully(), false);
        Rendering rendering = rememberClients(context(desired), desired);
        DispatchLayout layout =
                DispatchLayout.of(limits, shared, rendering.ports().values());
        new FullSyncRound(iptables, shared, writer, clients.transfer()).run(rendering.ports(), layout, Manner.AT_ONCE);
        node.countersWork();
        Basis basis = new Basis(rendering.context(), shared, layout);
        return finish(
                desired, basis, rendering.ports(), Map.of(), rendering.cost().plus(writer.cost()), writer.written());
    }

    private RenderContext context(ProxySnapshot desired) {
        return new RenderContext(
                config,
                desired.node().address(config.family()).orElse(null),
                desired.endpointCount() <= RenderContext.COMMENTED_ENDPOINTS,
                node.countsLocalhost(),
                ClientMemory.SETS);
    }

    /** @param spent what was written before, as were the rules in {@code written} */
    private SyncReport writeStepByStep(ProxySnapshot desired, KernelCost spent, WrittenRuleCounts written)
            throws SyncException, KernelException {
        SharedRules shared = node.sharedRules(iptables.supportsRandomFully(), true);
        Rendering rendering = rememberClients(context(desired), desired);
        Map<ServicePortName, PortRules> rendered = rendering.ports();
        Map<ServicePortName, Problem> refused = new LinkedHashMap<>();
        KernelCost cost = rendering.cost().plus(spent);
        DispatchLayout layout;
        for (int round = 1; ; round++) {
            layout = DispatchLayout.of(limits, shared, rendered.values());
            BatchWriter writer = new BatchWriter(iptables);
            new FullSyncRound(iptables, shared, writer, clients.transfer()).run(rendered, layout, Manner.STEP_BY_STEP);
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
        return finish(desired, new Basis(rendering.context(), shared, layout), rendered, refused, cost, written);
    }

    private SyncReport finish(
            ProxySnapshot desired,
            Basis basis,
            Map<ServicePortName, PortRules> rendered,
            Map<ServicePortName, Problem> refused,
            KernelCost cost,
            WrittenRuleCounts written)
            throws SyncException {
        node.openLocalhost();
        clients.retain(clientSets(rendered.values()));
        applied.replace(basis, desired.ports(), refused, rendered.values());
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
}
