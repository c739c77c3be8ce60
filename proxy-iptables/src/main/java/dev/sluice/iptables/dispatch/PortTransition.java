// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables.dispatch;

import static dev.sluice.iptables.render.SharedChains.FILTER;
import static dev.sluice.iptables.render.SharedChains.NAT;

import dev.sluice.iptables.render.PortRules;
import dev.sluice.linux.iptables.RestoreScript;
import dev.sluice.linux.iptables.RuleLine;
import java.util.ArrayList;
import java.util.List;

/**
 * The restore that replaces the rules of some ports. It writes the chains that differ and single rules of dispatch
 * chains, so its size follows the change and not the number of Services. (kube-proxy rewrites the shared chains each
 * time.)
 *
 * <p>Each table commits as one, but two tables do not, so their order matters. nat acts before filter: a packet that
 * nat has sent to an endpoint no longer has the address that a refusal in filter matches. Refusals are therefore added
 * first and removed last. When a port loses its endpoints, the refusal is in filter before nat stops forwarding; when
 * it gains some, nat forwards before the refusal is lifted. At no moment does a packet to a service address pass both
 * tables unchanged. When a dispatch tree changes its shape, new branches and the jumps to them are in the same commit
 * as the removal of old ones.
 */
public final class PortTransition {
    private final DispatchLayout layout;
    private final RestoreScript refusals = new RestoreScript().table(FILTER);
    private final RestoreScript nat = new RestoreScript().table(NAT);
    private final RestoreScript lifted = new RestoreScript().table(FILTER);
    private final ChainEdits refusalEdits = new ChainEdits();
    private final ChainEdits natEdits = new ChainEdits();
    private final List<RuleLine> staleRefusals = new ArrayList<>();

    /** @param layout the applied trees; they follow each change */
    public PortTransition(DispatchLayout layout) {
        this.layout = layout;
    }

    /** Adds the change of one port. */
    public void add(PortRules from, PortRules to) {
        missing(from.filter(), to.filter()).forEach(rule -> layout.add(FILTER, rule, refusalEdits));
        to.chains().forEach((chain, rules) -> {
            if (!rules.equals(from.chains().get(chain))) {
                nat.declare(chain);
                rules.forEach(spec -> nat.append(chain, spec));
            }
        });
        missing(from.nat(), to.nat()).forEach(rule -> layout.add(NAT, rule, natEdits));
        missing(to.nat(), from.nat()).forEach(rule -> layout.remove(NAT, rule, natEdits));
        from.chains().keySet().stream()
                .filter(chain -> !to.chains().containsKey(chain))
                .forEach(nat::deleteChain);
        staleRefusals.addAll(missing(to.filter(), from.filter()));
    }

    /** The input of one restore, empty when nothing differs. Call it once, after all changes. */
    public String finish() {
        write(refusalEdits, FILTER, refusals);
        write(natEdits, NAT, nat);
        ChainEdits liftedEdits = new ChainEdits();
        staleRefusals.forEach(rule -> layout.remove(FILTER, rule, liftedEdits));
        write(liftedEdits, FILTER, lifted);
        return refusals.text() + nat.text() + lifted.text();
    }

    private void write(ChainEdits edits, String table, RestoreScript out) {
        edits.writeTo(out, chain -> layout.find(table, chain).orElseThrow());
    }

    /** The number of lines of {@link #finish}. */
    public int lines() {
        return refusals.lines() + nat.lines() + lifted.lines();
    }

    /** The rules of {@code to} that {@code from} lacks. */
    private static List<RuleLine> missing(List<RuleLine> from, List<RuleLine> to) {
        return to.stream().filter(rule -> !from.contains(rule)).toList();
    }
}
