// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables.explain;

import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.trace.Packet;
import dev.sluice.core.trace.Trace;
import dev.sluice.core.trace.Trace.Candidate;
import dev.sluice.core.trace.Trace.Step;
import dev.sluice.core.trace.Trace.Verdict;
import dev.sluice.iptables.dispatch.DispatchLayout;
import dev.sluice.iptables.render.LoopbackGuard;
import dev.sluice.iptables.render.PortRules;
import dev.sluice.iptables.render.RenderContext;
import dev.sluice.iptables.render.SharedChains;
import dev.sluice.iptables.render.SharedRules;
import dev.sluice.linux.iptables.RuleLine;
import dev.sluice.linux.iptables.SavedTable;
import dev.sluice.linux.iptables.TableRules;
import dev.sluice.linux.rules.PacketTracer;
import dev.sluice.linux.rules.PacketTracer.Branch;
import dev.sluice.linux.rules.Rule;
import dev.sluice.linux.rules.SetLookup;
import dev.sluice.linux.rules.TracedPacket;
import dev.sluice.linux.rules.TracedTable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * All rules of this mode as they were applied, for tracing packets: through nat and filter on arrival, through nat on
 * leaving.
 */
public final class AppliedTables {
    private final Chains nat = new Chains(SharedChains.NAT, new HashMap<>());
    private final Chains filter = new Chains(SharedChains.FILTER, new HashMap<>());
    private final Map<Step, ServicePortName> owners = new HashMap<>();

    /** One table as text; a chain is parsed when a packet gets there. */
    private record Chains(String name, Map<String, List<String>> specs) implements TracedTable {
        @Override
        public Optional<List<Rule>> rules(String chain) {
            return Optional.ofNullable(specs.get(chain))
                    .map(rules -> rules.stream().map(Rule::parse).toList());
        }

        List<String> specs(String chain) {
            return specs.computeIfAbsent(chain, name -> new ArrayList<>());
        }
    }

    public AppliedTables(
            RenderContext context, SharedRules shared, DispatchLayout layout, Collection<ResolvedPort> ports) {
        Map<RuleLine, ServicePortName> ruleOwners = new HashMap<>();
        for (ResolvedPort port : ports) {
            PortRules rendered = PortRules.render(context, port);
            nat.specs().putAll(rendered.chains());
            rendered.nat().forEach(rule -> ruleOwners.put(new RuleLine(SharedChains.NAT, rule.spec()), port.name()));
            rendered.filter()
                    .forEach(rule -> ruleOwners.put(new RuleLine(SharedChains.FILTER, rule.spec()), port.name()));
        }
        addDispatch(nat, layout, ruleOwners);
        addDispatch(filter, layout, ruleOwners);
        addShared(nat, shared.nat(SavedTable.empty(SharedChains.NAT)));
        addShared(filter, shared.filter(SavedTable.empty(SharedChains.FILTER)));
        nat.specs(SharedChains.SERVICES).addAll(shared.nodePortRules());
        if (shared.servesLocalhost()) {
            LoopbackGuard.addTo(filter.specs());
        }
    }

    private void addDispatch(Chains table, DispatchLayout layout, Map<RuleLine, ServicePortName> ruleOwners) {
        layout.chains(table.name()).forEach((chain, content) -> {
            for (String spec : content.anyOrder()) {
                table.specs(chain).add(spec);
                ServicePortName owner = ruleOwners.get(new RuleLine(table.name(), spec));
                if (owner != null) {
                    owners.put(new Step(table.name() + " " + chain, spec), owner);
                }
            }
        });
    }

    private static void addShared(Chains table, TableRules shared) {
        shared.chains().forEach((chain, rules) -> table.specs(chain).addAll(rules));
        // each jump is inserted above the one before
        shared.jumps().reversed().forEach(jump -> table.specs(jump.chain()).add(jump.spec()));
    }

    /** @param local the addresses of the node's interfaces */
    public Trace trace(Packet packet, Collection<IpAddress> local) {
        Set<Step> steps = new LinkedHashSet<>();
        PacketTracer tracer = new PacketTracer(Set.copyOf(local)::contains, SetLookup.NONE, steps);
        List<Candidate> candidates = new ArrayList<>();
        Verdict verdict = Verdict.NOT_A_SERVICE;
        for (Branch branch : tracer.enter(nat, filter, TracedPacket.of(packet))) {
            switch (branch.end()) {
                case DROPPED -> verdict = Verdict.DROP;
                case REJECTED -> verdict = Verdict.REJECT;
                case REWRITTEN -> candidates.add(candidate(branch, tracer));
                case PASSED, ACCEPTED, MASQUERADED -> {}
            }
        }
        if (!candidates.isEmpty()) {
            verdict = Verdict.FORWARD;
        }
        return verdict == Verdict.NOT_A_SERVICE
                ? Trace.notAService(List.copyOf(steps))
                : new Trace(owner(steps), List.copyOf(steps), verdict, candidates);
    }

    private Candidate candidate(Branch branch, PacketTracer tracer) {
        TracedPacket packet = branch.packet();
        return new Candidate(
                packet.destination(), packet.port(), branch.probability(), tracer.isMasqueraded(nat, packet));
    }

    private @Nullable ServicePortName owner(Set<Step> steps) {
        for (Step step : steps) {
            ServicePortName owner = owners.get(step);
            if (owner != null) {
                return owner;
            }
        }
        return null;
    }
}
