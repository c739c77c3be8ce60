package dev.sluice.iptables.sync;

import dev.sluice.core.kernel.KernelObject;
import dev.sluice.iptables.dispatch.ChainEdits;
import dev.sluice.iptables.dispatch.DispatchLayout;
import dev.sluice.iptables.render.FixedChains;
import dev.sluice.iptables.render.RenderedPort;
import dev.sluice.linux.iptables.RestoreScript;
import dev.sluice.linux.iptables.RuleLine;
import java.util.ArrayList;
import java.util.List;

/**
 * What turns the rules of some ports into others: only the chains that differ and single rules in the dispatch chains, so
 * that its size follows the change and not the number of Services. (kube-proxy rewrites the shared chains each time.)
 *
 * <p>A table commits as one, two tables do not, so their order matters. nat acts before filter: what nat has sent to an
 * endpoint no longer has the address that a refusal in filter matches. Refusals therefore come first and go last. While a
 * port loses its endpoints, the refusal waits in filter until nat lets go; while it gains some, nat takes the traffic
 * from under the refusal. At no moment does a packet to a service address pass both tables untouched. Where a dispatch
 * tree changes its shape, the new branches and the jumps to them come with the same commit as the end of the old ones.
 */
public final class Transition {
    private final DispatchLayout layout;
    private final RestoreScript refusals = new RestoreScript().table(FixedChains.FILTER);
    private final RestoreScript nat = new RestoreScript().table(FixedChains.NAT);
    private final RestoreScript lifted = new RestoreScript().table(FixedChains.FILTER);
    private final ChainEdits refusalEdits = new ChainEdits();
    private final ChainEdits natEdits = new ChainEdits();
    private final List<RuleLine> surplus = new ArrayList<>();

    /** @param layout what is in force; it follows each step */
    public Transition(DispatchLayout layout) {
        this.layout = layout;
    }

    /** Adds the step of one port. */
    public void move(RenderedPort from, RenderedPort to) {
        missing(from.filter(), to.filter()).forEach(rule -> layout.add(FixedChains.FILTER, rule, refusalEdits));
        to.chains().forEach((chain, rules) -> {
            if (!rules.equals(from.chains().get(chain))) {
                nat.declare(chain);
                rules.forEach(spec -> nat.append(chain, spec));
            }
        });
        missing(from.nat(), to.nat()).forEach(rule -> layout.add(FixedChains.NAT, rule, natEdits));
        missing(to.nat(), from.nat()).forEach(rule -> layout.remove(FixedChains.NAT, rule, natEdits));
        from.chains().keySet().stream()
                .filter(chain -> !to.chains().containsKey(chain))
                .forEach(nat::deleteChain);
        surplus.addAll(missing(to.filter(), from.filter()));
    }

    /** The input of one restore, empty when nothing differs. Call it once, after all steps. */
    public String finish() {
        refusalEdits.writeTo(refusals, chain -> layout.content(new KernelObject(FixedChains.FILTER, chain)));
        natEdits.writeTo(nat, chain -> layout.content(new KernelObject(FixedChains.NAT, chain)));
        ChainEdits liftedEdits = new ChainEdits();
        surplus.forEach(rule -> layout.remove(FixedChains.FILTER, rule, liftedEdits));
        liftedEdits.writeTo(lifted, chain -> layout.content(new KernelObject(FixedChains.FILTER, chain)));
        return refusals.text() + nat.text() + lifted.text();
    }

    public int lines() {
        return refusals.lines() + nat.lines() + lifted.lines();
    }

    /** What {@code to} has and {@code from} has not. */
    private static List<RuleLine> missing(List<RuleLine> from, List<RuleLine> to) {
        return to.stream().filter(rule -> !from.contains(rule)).toList();
    }
}
