// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables.dispatch;

import static dev.sluice.iptables.render.SharedChains.FILTER;
import static dev.sluice.iptables.render.SharedChains.NAT;

import dev.sluice.iptables.render.DispatchRoot;
import dev.sluice.iptables.render.PortRules;
import dev.sluice.iptables.render.SharedRules;
import dev.sluice.linux.iptables.RuleLine;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** The dispatch trees of both tables. */
public final class DispatchLayout {
    private final Map<DispatchRoot, DispatchTree> trees = new EnumMap<>(DispatchRoot.class);
    private final List<String> nodePortRules;

    private DispatchLayout(DispatchLimits limits, List<String> nodePortRules) {
        this.nodePortRules = nodePortRules;
        for (DispatchRoot root : DispatchRoot.values()) {
            trees.put(root, new DispatchTree(root.chain(), root.branchPrefix(), limits));
        }
    }

    /** The trees with all rules of {@code ports}. */
    public static DispatchLayout of(DispatchLimits limits, SharedRules shared, Collection<PortRules> ports) {
        DispatchLayout layout = new DispatchLayout(limits, shared.nodePortRules());
        Map<DispatchRoot, List<String>> specs = new EnumMap<>(DispatchRoot.class);
        for (PortRules port : ports) {
            for (String table : List.of(NAT, FILTER)) {
                for (RuleLine rule : port.dispatch(table)) {
                    specs.computeIfAbsent(root(table, rule), root -> new ArrayList<>())
                            .add(rule.spec());
                }
            }
        }
        specs.forEach((root, rules) -> layout.tree(root).fill(rules));
        return layout;
    }

    private static DispatchRoot root(String table, RuleLine rule) {
        return DispatchRoot.find(table, rule.chain())
                .orElseThrow(() -> new IllegalArgumentException(table + " " + rule.chain() + " is no dispatch chain"));
    }

    private DispatchTree tree(DispatchRoot root) {
        return Objects.requireNonNull(trees.get(root));
    }

    /** Adds {@code rule}, which names the root of its tree. */
    void add(String table, RuleLine rule, ChainObserver observer) {
        tree(root(table, rule)).add(rule.spec(), observer);
    }

    /** Removes {@code rule}, which names the root of its tree. */
    void remove(String table, RuleLine rule, ChainObserver observer) {
        tree(root(table, rule)).remove(rule.spec(), observer);
    }

    /** The desired content of every dispatch chain of {@code table}, each before those that it jumps to. */
    public Map<String, DesiredChain> chains(String table) {
        Map<String, DesiredChain> chains = new LinkedHashMap<>();
        trees.forEach((root, tree) -> {
            if (root.table().equals(table)) {
                tree.chains().forEach((chain, rules) -> chains.put(chain, content(root, chain, rules)));
            }
        });
        return chains;
    }

    /** The desired content of one dispatch chain; empty when there is no such chain. */
    public Optional<DesiredChain> find(String table, String chain) {
        for (Map.Entry<DispatchRoot, DispatchTree> entry : trees.entrySet()) {
            DispatchRoot root = entry.getKey();
            if (root.table().equals(table) && entry.getValue().has(chain)) {
                return Optional.of(content(root, chain, entry.getValue().rules(chain)));
            }
        }
        return Optional.empty();
    }

    private DesiredChain content(DispatchRoot root, String chain, List<String> rules) {
        boolean endsWithNodePorts = root == DispatchRoot.NAT_SERVICES && chain.equals(root.chain());
        return new DesiredChain(rules, endsWithNodePorts ? nodePortRules : List.of());
    }
}
