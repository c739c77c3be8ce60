// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables.sync;

import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.sync.KernelCost;
import dev.sluice.core.sync.ProxySnapshot;
import dev.sluice.core.sync.SyncException;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.iptables.config.IptablesConfig;
import dev.sluice.iptables.dispatch.DispatchLayout;
import dev.sluice.iptables.dispatch.DispatchLimits;
import dev.sluice.iptables.node.NodeSetup;
import dev.sluice.iptables.render.PortRules;
import dev.sluice.iptables.render.RenderContext;
import dev.sluice.iptables.render.SharedRules;
import dev.sluice.iptables.sync.AppliedState.Basis;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.iptables.Iptables;
import java.util.LinkedHashMap;
import java.util.Map;
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

    public FullSync(
            IptablesConfig config, Iptables iptables, NodeSetup node, DispatchLimits limits, AppliedState applied) {
        this.config = config;
        this.iptables = iptables;
        this.node = node;
        this.limits = limits;
        this.applied = applied;
    }

    public SyncReport run(ProxySnapshot desired) throws SyncException {
        applied.forget(); // until this has succeeded
        SharedRules shared = node.sharedRules(iptables.supportsRandomFully());
        RenderContext context = new RenderContext(
                config,
                desired.node().address(config.family()).orElse(null),
                desired.endpointCount() <= RenderContext.COMMENTED_ENDPOINTS,
                node.countsLocalhost());
        Map<ServicePortName, PortRules> rendered = new TreeMap<>();
        desired.ports().forEach(port -> rendered.put(port.name(), PortRules.render(context, port)));
        Map<ServicePortName, Problem> refused = new LinkedHashMap<>();
        KernelCost cost = KernelCost.NONE;
        WrittenRuleCounts written = new WrittenRuleCounts();
        DispatchLayout layout;
        for (int round = 1; ; round++) {
            layout = DispatchLayout.of(limits, shared, rendered.values());
            BatchWriter writer = new BatchWriter(iptables);
            runRound(new FullSyncRound(iptables, shared, writer), rendered, layout);
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
        applied.replace(new Basis(context, shared, layout), desired.ports(), refused, rendered.values());
        return new SyncReport(true, cost, applied.problems(), applied.counts(), written.counts(), Map.of());
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
