package dev.sluice.iptables.dispatch;

import static dev.sluice.iptables.render.FixedChains.FILTER;
import static dev.sluice.iptables.render.FixedChains.NAT;

import dev.sluice.core.kernel.KernelObject;
import dev.sluice.iptables.render.FixedChains;
import dev.sluice.iptables.render.FixedRules;
import dev.sluice.iptables.render.RenderedPort;
import dev.sluice.linux.iptables.RuleLine;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The dispatch trees of both tables. */
public final class DispatchLayout {
    private final Map<KernelObject, DispatchTree> trees = new LinkedHashMap<>();
    private final List<String> nodePortRules;

    /** @param nodePortRules what ends KUBE-SERVICES in nat */
    DispatchLayout(DispatchLimits limits, List<String> nodePortRules) {
        this.nodePortRules = List.copyOf(nodePortRules);
        FixedChains.DISPATCH_PREFIXES.forEach(
                (root, prefix) -> trees.put(root, new DispatchTree(root.name(), prefix, limits)));
    }

    public static DispatchLayout of(DispatchLimits limits, FixedRules fixed, Collection<RenderedPort> ports) {
        DispatchLayout layout = new DispatchLayout(limits, fixed.nodePortRules());
        Map<KernelObject, List<String>> specs = new HashMap<>();
        for (RenderedPort port : ports) {
            collect(NAT, port.nat(), specs);
            collect(FILTER, port.filter(), specs);
        }
        specs.forEach((root, rules) -> layout.tree(root).fill(rules));
        return layout;
    }

    private static void collect(String table, List<RuleLine> rules, Map<KernelObject, List<String>> specs) {
        for (RuleLine rule : rules) {
            specs.computeIfAbsent(new KernelObject(table, rule.chain()), root -> new ArrayList<>())
                    .add(rule.spec());
        }
    }

    private DispatchTree tree(KernelObject root) {
        DispatchTree tree = trees.get(root);
        if (tree == null) {
            throw new IllegalArgumentException(root + " is no dispatch chain");
        }
        return tree;
    }

    /** Adds {@code rule}, which names the shared chain whose tree it goes to. */
    public void add(String table, RuleLine rule, ChainLog log) {
        tree(new KernelObject(table, rule.chain())).add(rule.spec(), log);
    }

    public void remove(String table, RuleLine rule, ChainLog log) {
        tree(new KernelObject(table, rule.chain())).remove(rule.spec(), log);
    }

    /** Every dispatch chain of {@code table} with its content, each before those that it leads to. */
    public Map<String, ChainContent> chains(String table) {
        Map<String, ChainContent> chains = new LinkedHashMap<>();
        trees.forEach((root, tree) -> {
            if (root.kind().equals(table)) {
                tree.chains().forEach((chain, rules) -> chains.put(chain, content(root, chain, rules)));
            }
        });
        return chains;
    }

    public boolean has(KernelObject ref) {
        return trees.entrySet().stream()
                .anyMatch(tree -> tree.getKey().kind().equals(ref.kind())
                        && tree.getValue().has(ref.name()));
    }

    /** What one dispatch chain is to hold; nothing when there is no such chain. */
    public ChainContent content(KernelObject ref) {
        for (Map.Entry<KernelObject, DispatchTree> tree : trees.entrySet()) {
            if (tree.getKey().kind().equals(ref.kind()) && tree.getValue().has(ref.name())) {
                return content(tree.getKey(), ref.name(), tree.getValue().rules(ref.name()));
            }
        }
        return ChainContent.inOrder(List.of());
    }

    private ChainContent content(KernelObject root, String chain, List<String> rules) {
        boolean services = root.equals(FixedChains.NAT_SERVICES) && chain.equals(root.name());
        return new ChainContent(rules, services ? nodePortRules : List.of());
    }
}
