// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables.dispatch;

import dev.sluice.iptables.dispatch.DispatchKey.Space;
import dev.sluice.iptables.dispatch.DispatchNode.Entry;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The rules of one shared chain, arranged so that a packet meets few of them. Up to {@link DispatchLimits#flat()} rules
 * they are a list in that chain. Above that, the shared chain is the root of a tree by address prefix (for rules
 * without an address by range of ports), four bits at a level: {@code -d 10.96.0.0/20 -j KUBE-SVC-10.96.0.0/20}. A
 * packet that matches nothing in a branch returns and continues, as in a list.
 *
 * <p>The layout follows from the set of rules alone. The order of rules within a chain does not matter.
 */
final class DispatchTree {
    private final String root;
    private final String prefix;
    private final DispatchLimits limits;
    private final Map<Space, DispatchNode> tops = new EnumMap<>(Space.class);
    private final Map<String, DispatchNode> byChain = new HashMap<>();
    private int size;

    /** @param prefix of the names of chains below {@code root}, 9 characters */
    DispatchTree(String root, String prefix, DispatchLimits limits) {
        this.root = root;
        this.prefix = prefix;
        this.limits = limits;
    }

    DispatchLimits limits() {
        return limits;
    }

    private boolean isFlat() {
        return size <= limits.flat();
    }

    int leafLimit(int depth) {
        return depth == 0 && isFlat() ? Integer.MAX_VALUE : limits.leaf();
    }

    DispatchNode node(DispatchKey sample, int nibbles) {
        DispatchNode node = new DispatchNode(this, prefix + sample.label(nibbles), sample);
        byChain.put(node.chain(), node);
        return node;
    }

    void forget(String chain) {
        byChain.remove(chain);
    }

    /** Adds many rules to an empty tree at once. */
    void fill(Collection<String> specs) {
        Map<Space, List<Entry>> bySpace = new TreeMap<>();
        for (String spec : specs) {
            DispatchKey key = DispatchKey.of(spec);
            bySpace.computeIfAbsent(key.space(), space -> new ArrayList<>()).add(new Entry(key, spec));
        }
        size = specs.size();
        bySpace.forEach((space, entries) -> top(entries.getFirst().key()).fill(entries, 0, ChainObserver.NONE));
    }

    void add(String spec, ChainObserver observer) {
        Entry entry = new Entry(DispatchKey.of(spec), spec);
        boolean flat = isFlat();
        size++;
        if (flat != isFlat()) {
            tops.values().forEach(top -> top.rebuild(0, observer));
        }
        top(entry.key()).add(entry, 0, observer);
    }

    void remove(String spec, ChainObserver observer) {
        Entry entry = new Entry(DispatchKey.of(spec), spec);
        boolean flat = isFlat();
        size--;
        DispatchNode top = top(entry.key());
        top.remove(entry, 0, observer);
        if (top.count() == 0) {
            tops.remove(entry.key().space());
        }
        if (flat != isFlat()) {
            tops.values().forEach(each -> each.rebuild(0, observer));
        }
    }

    private DispatchNode top(DispatchKey key) {
        return tops.computeIfAbsent(key.space(), space -> new DispatchNode(this, root, key));
    }

    /** Every chain with its rules, the root first, each before those that it jumps to. */
    Map<String, List<String>> chains() {
        Map<String, List<String>> chains = new LinkedHashMap<>();
        chains.put(root, rules(root));
        tops.values().forEach(top -> top.addBelow(chains));
        return chains;
    }

    boolean has(String chain) {
        return chain.equals(root) || byChain.containsKey(chain);
    }

    /** The rules of one chain; empty when it is not part of this tree. */
    List<String> rules(String chain) {
        DispatchNode node = byChain.get(chain);
        if (node != null) {
            return node.rules();
        }
        List<String> rules = new ArrayList<>();
        if (chain.equals(root)) {
            tops.values().forEach(top -> rules.addAll(top.rules()));
        }
        return rules;
    }
}
