package dev.sluice.iptables;

import dev.sluice.linux.iptables.RestoreScript;
import dev.sluice.linux.iptables.RuleLine;
import java.util.List;

/**
 * What turns the rules of some ports into others: only the chains that differ and single rules in the shared chains, so
 * that its size follows the change and not the number of Services. (kube-proxy rewrites the shared chains each time.)
 *
 * <p>A table commits as one, two tables do not, so their order matters. nat acts before filter: what nat has sent to an
 * endpoint no longer has the address that a refusal in filter matches. Refusals therefore come first and go last. While a
 * port loses its endpoints, the refusal waits in filter until nat lets go; while it gains some, nat takes the traffic
 * from under the refusal. At no moment does a packet to a service address pass both tables untouched. Within nat, new
 * rules go to the head of a shared chain, above the rule that they replace.
 */
final class Transition {
    private final RestoreScript refusals = new RestoreScript().table(FixedChains.FILTER);
    private final RestoreScript nat = new RestoreScript().table(FixedChains.NAT);
    private final RestoreScript lifted = new RestoreScript().table(FixedChains.FILTER);

    /** Adds the step of one port. */
    void move(RenderedPort from, RenderedPort to) {
        insertMissing(refusals, from.filter(), to.filter());
        to.chains().forEach((chain, rules) -> {
            if (!rules.equals(from.chains().get(chain))) {
                nat.declare(chain);
                rules.forEach(spec -> nat.append(chain, spec));
            }
        });
        insertMissing(nat, from.nat(), to.nat());
        deleteSurplus(nat, from.nat(), to.nat());
        from.chains().keySet().stream()
                .filter(chain -> !to.chains().containsKey(chain))
                .forEach(nat::deleteChain);
        deleteSurplus(lifted, from.filter(), to.filter());
    }

    /** The input of one restore, empty when nothing differs. */
    String text() {
        return refusals.text() + nat.text() + lifted.text();
    }

    int lines() {
        return refusals.lines() + nat.lines() + lifted.lines();
    }

    private static void insertMissing(RestoreScript script, List<RuleLine> from, List<RuleLine> to) {
        // each goes above the one before
        to.reversed().stream()
                .filter(rule -> !from.contains(rule))
                .forEach(rule -> script.insert(rule.chain(), 1, rule.spec()));
    }

    private static void deleteSurplus(RestoreScript script, List<RuleLine> from, List<RuleLine> to) {
        from.stream().filter(rule -> !to.contains(rule)).forEach(rule -> script.delete(rule.chain(), rule.spec()));
    }
}
