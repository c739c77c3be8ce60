package dev.sluice.iptables.explain;

import dev.sluice.core.trace.Trace.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Walks a packet through one table as the kernel does, down every branch that chance may take.
 *
 * @param chains of the table, built-in ones included
 * @param steps gets each rule that a branch meets, once
 */
record ChainWalk(String table, Map<String, List<String>> chains, Set<Step> steps) {

    /** How a branch ends. */
    enum End {
        /** The chain ran out, or a rule returned from it. */
        PASSED,
        ACCEPTED,
        REWRITTEN,
        MASQUERADED,
        DROPPED,
        REJECTED
    }

    /** One branch. */
    record Branch(End end, Flow flow, double probability) {}

    /** All branches out of {@code chain}. */
    List<Branch> walk(String chain, Flow flow) {
        List<Branch> ends = new ArrayList<>();
        walk(chain, 0, flow, 1, ends);
        return ends;
    }

    private void walk(String chain, int from, Flow flow, double chance, List<Branch> ends) {
        List<String> rules = chains.getOrDefault(chain, List.of());
        double left = chance;
        for (int i = from; i < rules.size(); i++) {
            WalkedRule rule = WalkedRule.read(rules.get(i));
            if (!rule.matches(flow)) {
                continue;
            }
            steps.add(new Step(table + " " + chain, rule.text()));
            follow(chain, i, rule, flow, left * rule.probability(), ends);
            left -= left * rule.probability();
            if (rule.probability() == 1) {
                return;
            }
        }
        ends.add(new Branch(End.PASSED, flow, left));
    }

    private void follow(String chain, int at, WalkedRule rule, Flow flow, double chance, List<Branch> ends) {
        switch (rule.target().isEmpty() ? "" : rule.target().getFirst()) {
            case "" -> walk(chain, at + 1, flow, chance, ends);
            case "MARK" -> walk(chain, at + 1, flow.marked(rule.mark(flow.mark())), chance, ends);
            case "RETURN" -> ends.add(new Branch(End.PASSED, flow, chance));
            case "ACCEPT" -> ends.add(new Branch(End.ACCEPTED, flow, chance));
            case "DROP" -> ends.add(new Branch(End.DROPPED, flow, chance));
            case "REJECT" -> ends.add(new Branch(End.REJECTED, flow, chance));
            case "MASQUERADE" -> ends.add(new Branch(End.MASQUERADED, flow, chance));
            case "DNAT" -> ends.add(new Branch(End.REWRITTEN, rule.rewrite(flow), chance));
            default -> {
                List<Branch> inner = new ArrayList<>();
                walk(rule.target().getFirst(), 0, flow, chance, inner);
                for (Branch branch : inner) {
                    if (branch.end() == End.PASSED) {
                        walk(chain, at + 1, branch.flow(), branch.probability(), ends);
                    } else {
                        ends.add(branch);
                    }
                }
            }
        }
    }
}
