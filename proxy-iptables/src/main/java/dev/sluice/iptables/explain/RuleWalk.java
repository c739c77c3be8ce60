package dev.sluice.iptables.explain;

import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.trace.Packet;
import dev.sluice.core.trace.Packet.Origin;
import dev.sluice.core.trace.Trace;
import dev.sluice.core.trace.Trace.Candidate;
import dev.sluice.core.trace.Trace.Step;
import dev.sluice.core.trace.Trace.Verdict;
import dev.sluice.iptables.dispatch.DispatchLayout;
import dev.sluice.iptables.explain.ChainWalk.Branch;
import dev.sluice.iptables.explain.ChainWalk.End;
import dev.sluice.iptables.render.FixedChains;
import dev.sluice.iptables.render.FixedRules;
import dev.sluice.iptables.render.LoopbackGuard;
import dev.sluice.iptables.render.PortChains;
import dev.sluice.iptables.render.RenderedPort;
import dev.sluice.iptables.render.Rendering;
import dev.sluice.linux.iptables.RuleLine;
import dev.sluice.linux.iptables.SavedTable;
import dev.sluice.linux.iptables.TableRules;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** All rules of this mode, and the way of a packet through them: nat on arrival, then filter, then nat on departure. */
public final class RuleWalk {
    private final Map<String, List<String>> nat = new HashMap<>();
    private final Map<String, List<String>> filter = new HashMap<>();
    private final Map<Step, ServicePortName> owners = new HashMap<>();
    private final Set<IpAddress> local;

    private RuleWalk(Set<IpAddress> local) {
        this.local = local;
    }

    /** @param local the addresses of the node's interfaces */
    public static RuleWalk of(
            Rendering rendering,
            FixedRules fixed,
            DispatchLayout layout,
            Collection<ResolvedPort> ports,
            Collection<IpAddress> local) {
        RuleWalk walk = new RuleWalk(Set.copyOf(local));
        Map<RuleLine, ServicePortName> owners = new HashMap<>();
        for (ResolvedPort port : ports) {
            RenderedPort rendered = PortChains.render(rendering, port);
            walk.nat.putAll(rendered.chains());
            rendered.nat().forEach(rule -> owners.put(new RuleLine(FixedChains.NAT, rule.spec()), port.name()));
            rendered.filter().forEach(rule -> owners.put(new RuleLine(FixedChains.FILTER, rule.spec()), port.name()));
        }
        walk.addDispatch(FixedChains.NAT, walk.nat, layout, owners);
        walk.addDispatch(FixedChains.FILTER, walk.filter, layout, owners);
        walk.addFixed(walk.nat, fixed.nat(SavedTable.empty(FixedChains.NAT)));
        walk.addFixed(walk.filter, fixed.filter(SavedTable.empty(FixedChains.FILTER)));
        rules(walk.nat, FixedChains.SERVICES).addAll(fixed.nodePortRules());
        if (FixedRules.servesLocalhost(fixed.config())) {
            LoopbackGuard.addTo(walk.filter);
        }
        return walk;
    }

    private void addDispatch(
            String table,
            Map<String, List<String>> chains,
            DispatchLayout layout,
            Map<RuleLine, ServicePortName> ruleOwners) {
        layout.chains(table).forEach((chain, content) -> {
            for (String spec : content.anyOrder()) {
                rules(chains, chain).add(spec);
                ServicePortName owner = ruleOwners.get(new RuleLine(table, spec));
                if (owner != null) {
                    owners.put(new Step(table + " " + chain, spec), owner);
                }
            }
        });
    }

    private void addFixed(Map<String, List<String>> chains, TableRules table) {
        table.chains().forEach((chain, rules) -> rules(chains, chain).addAll(rules));
        // each jump is inserted above the one before
        table.jumps().reversed().forEach(jump -> rules(chains, jump.chain()).add(jump.spec()));
    }

    private static List<String> rules(Map<String, List<String>> chains, String chain) {
        return chains.computeIfAbsent(chain, name -> new ArrayList<>());
    }

    public Trace trace(Packet packet) {
        Set<Step> steps = new LinkedHashSet<>();
        boolean fromNode = packet.origin() == Origin.NODE;
        List<Branch> arrived = new ChainWalk(FixedChains.NAT, nat, steps)
                .walk(fromNode ? "OUTPUT" : "PREROUTING", Flow.of(packet, local));
        List<Candidate> candidates = new ArrayList<>();
        Verdict refusal = Verdict.NOT_A_SERVICE;
        for (Branch branch : arrived) {
            Flow flow = branch.flow();
            String hook = fromNode ? "OUTPUT" : flow.isLocal(flow.destination()) ? "INPUT" : "FORWARD";
            End end = only(new ChainWalk(FixedChains.FILTER, filter, steps).walk(hook, flow));
            if (end == End.DROPPED || end == End.REJECTED) {
                refusal = end == End.DROPPED ? Verdict.DROP : Verdict.REJECT;
            } else if (branch.end() == End.REWRITTEN) {
                boolean masqueraded =
                        only(new ChainWalk(FixedChains.NAT, nat, steps).walk("POSTROUTING", flow)) == End.MASQUERADED;
                candidates.add(new Candidate(flow.destination(), flow.port(), branch.probability(), masqueraded));
            }
        }
        Verdict verdict = candidates.isEmpty() ? refusal : Verdict.FORWARD;
        if (verdict == Verdict.NOT_A_SERVICE) {
            return Trace.notAService(List.copyOf(steps));
        }
        return new Trace(owner(steps), List.copyOf(steps), verdict, candidates);
    }

    /** The end of a walk without chance in it. */
    private static End only(List<Branch> branches) {
        return branches.getFirst().end();
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
