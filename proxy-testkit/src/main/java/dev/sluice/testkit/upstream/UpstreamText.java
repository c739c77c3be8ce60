// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.upstream;

import dev.sluice.linux.iptables.RuleLine;
import dev.sluice.linux.iptables.SavedTable;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The Service rules of a node as kube-proxy 1.36 gives them to {@code iptables-restore --noflush}: each time it
 * declares and fills all chains that are not a Service's own, dispatch chains included, and of the Services' chains
 * those of a changed Service ({@code syncProxyRules} in {@code pkg/proxy/iptables/proxier.go}). The rules are what
 * {@code iptables-save} prints on a node, so both ways of writing write the same rules.
 */
public final class UpstreamText {
    private static final List<String> PER_SERVICE =
            List.of("KUBE-SVC-", "KUBE-SVL-", "KUBE-SEP-", "KUBE-EXT-", "KUBE-FW-");
    private static final List<String> BALANCING = List.of("KUBE-SVC-", "KUBE-SVL-");

    private final SavedTable filter;
    private final SavedTable nat;

    private UpstreamText(SavedTable filter, SavedTable nat) {
        this.filter = filter;
        this.nat = nat;
    }

    /** @param save the output of {@code iptables-save} */
    public static UpstreamText of(String save) {
        return new UpstreamText(SavedTable.parse("filter", save), SavedTable.parse("nat", save));
    }

    /** The input of a first sync: every chain. */
    public String everything() {
        return table(filter, ours(filter), Set.of()) + table(nat, ours(nat), Set.of());
    }

    /** The input that turns {@code before} into this after one Service changed. */
    public String since(UpstreamText before) {
        Set<String> changed = new LinkedHashSet<>();
        for (String chain : perService(nat)) {
            if (!before.nat.has(chain) || !before.nat.rules(chain).equals(nat.rules(chain))) {
                changed.add(chain);
                changed.addAll(behind(chain));
            }
        }
        Set<String> gone = new LinkedHashSet<>(perService(before.nat));
        gone.removeAll(nat.chains());
        return rewriting(changed, gone);
    }

    /**
     * The input that deletes the Services' chains of nat in {@code save} that {@code written} does not declare; empty
     * when there is none.
     */
    static String staleChains(String save, String written) {
        Set<String> stale = perService(SavedTable.parse("nat", save));
        stale.removeIf(chain -> written.contains(":" + chain + " "));
        StringBuilder text = new StringBuilder();
        stale.forEach(chain -> text.append(':').append(chain).append(" - [0:0]\n"));
        stale.forEach(chain -> text.append("-X ").append(chain).append('\n'));
        return stale.isEmpty() ? "" : "*nat\n" + text + "COMMIT\n";
    }

    /** The input of {@link #since} when the first Service is rewritten unchanged. */
    public String rewriteOfOneService() {
        Set<String> chains = new LinkedHashSet<>();
        perService(nat).stream().filter(UpstreamText::isBalancing).findFirst().ifPresent(chain -> {
            chains.add(chain);
            chains.addAll(behind(chain));
        });
        return rewriting(chains, Set.of());
    }

    /** The rules of nat's dispatch chain, in order. */
    public List<String> dispatch() {
        return nat.rules("KUBE-SERVICES");
    }

    /** All rules, without regard to order. */
    public Set<String> rules() {
        Set<String> rules = new TreeSet<>();
        for (SavedTable table : List.of(filter, nat)) {
            for (String chain : ours(table)) {
                table.rules(chain).forEach(rule -> rules.add(table.table() + " " + chain + " " + rule));
            }
        }
        return rules;
    }

    private String rewriting(Set<String> chains, Set<String> gone) {
        Set<String> natChains = new LinkedHashSet<>(shared(nat));
        natChains.addAll(chains);
        return table(filter, shared(filter), Set.of()) + table(nat, natChains, gone);
    }

    private Set<String> behind(String chain) {
        Set<String> targets = new LinkedHashSet<>();
        if (isBalancing(chain)) {
            nat.rules(chain)
                    .forEach(rule -> RuleLine.target(rule)
                            .filter(target -> target.startsWith("KUBE-SEP-"))
                            .ifPresent(targets::add));
        }
        return targets;
    }

    private static String table(SavedTable table, Set<String> chains, Set<String> gone) {
        StringBuilder text = new StringBuilder("*" + table.table() + "\n");
        Stream.concat(chains.stream(), gone.stream())
                .forEach(chain -> text.append(':').append(chain).append(" - [0:0]\n"));
        for (String chain : chains) {
            for (String rule : table.rules(chain)) {
                text.append("-A ").append(chain).append(' ').append(rule).append('\n');
            }
        }
        gone.forEach(chain -> text.append("-X ").append(chain).append('\n'));
        return text.append("COMMIT\n").toString();
    }

    private static Set<String> ours(SavedTable table) {
        return select(table, chain -> true);
    }

    private static Set<String> shared(SavedTable table) {
        return select(table, chain -> !isPerService(chain));
    }

    private static Set<String> perService(SavedTable table) {
        return select(table, UpstreamText::isPerService);
    }

    private static Set<String> select(SavedTable table, Predicate<String> chosen) {
        Set<String> chains = new LinkedHashSet<>();
        table.chains().stream()
                .filter(chain -> chain.startsWith("KUBE-"))
                .filter(chosen)
                .forEach(chains::add);
        return chains;
    }

    private static boolean isPerService(String chain) {
        return PER_SERVICE.stream().anyMatch(chain::startsWith);
    }

    private static boolean isBalancing(String chain) {
        return BALANCING.stream().anyMatch(chain::startsWith);
    }
}
