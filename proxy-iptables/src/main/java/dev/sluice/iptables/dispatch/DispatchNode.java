// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables.dispatch;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * A chain of a dispatch tree and all chains below it: a radix tree with four bits at a level and compressed paths. A
 * node is a leaf with rules, or has a jump to one chain for each value of the first nibble in which its rules differ.
 *
 * <p>The shape of a node follows from its rules and its depth alone, not from history. An added rule joins a leaf,
 * splits one, or differs from all others in an earlier nibble; then the jumps of this node move down one chain
 * unchanged. Removal does the reverse. Each case touches no more than one leaf and the jumps of two chains, unless the
 * tree has its full depth.
 */
final class DispatchNode {
    /** A rule and its place. */
    record Entry(DispatchKey key, String spec) {}

    private final DispatchTree tree;
    private final String chain;
    private DispatchKey sample;
    private List<Entry> entries = new ArrayList<>();
    private NavigableMap<Integer, DispatchNode> children = new TreeMap<>();
    private int split;
    private int count;
    private int height;
    private boolean capped;

    /** @param sample a key that belongs here; all keys of a node share its first nibbles */
    DispatchNode(DispatchTree tree, String chain, DispatchKey sample) {
        this.tree = tree;
        this.chain = chain;
        this.sample = sample;
    }

    String chain() {
        return chain;
    }

    int count() {
        return count;
    }

    void add(Entry entry, int depth, ChainObserver observer) {
        count++;
        if (children.isEmpty()) {
            entries.add(entry);
            observer.ruleAdded(chain, entry.spec());
            sample = entry.key();
            if (splits(entries, depth)) {
                rebuild(depth, observer);
            }
        } else {
            int common = sample.common(entry.key());
            if (common < split) {
                push(common, depth, observer);
            }
            child(entry.key(), observer).add(entry, depth + 1, observer);
        }
        refresh(depth);
    }

    void remove(Entry entry, int depth, ChainObserver observer) {
        count--;
        if (children.isEmpty()) {
            entries.remove(entry);
            observer.ruleRemoved(chain, entry.spec());
        } else {
            int at = entry.key().nibble(split);
            DispatchNode child = child(entry.key(), observer);
            child.remove(entry, depth + 1, observer);
            if (child.count == 0) {
                unlink(child, at, observer);
                children.remove(at);
            }
            if (count <= tree.leafLimit(depth)) {
                rebuild(depth, observer);
            } else if (children.size() == 1) {
                pull(children.firstEntry().getValue(), depth, observer);
            }
        }
        refresh(depth);
    }

    /** Fills this empty node. */
    void fill(List<Entry> all, int depth, ChainObserver observer) {
        count = all.size();
        if (count > 0) {
            sample = all.getFirst().key();
        }
        if (splits(all, depth)) {
            entries = List.of();
            split = common(all);
            List<List<Entry>> groups = new ArrayList<>();
            for (int i = 0; i < 16; i++) {
                groups.add(new ArrayList<>());
            }
            all.forEach(entry -> groups.get(entry.key().nibble(split)).add(entry));
            for (List<Entry> group : groups) {
                if (!group.isEmpty()) {
                    child(group.getFirst().key(), observer).fill(group, depth + 1, observer);
                }
            }
        } else {
            entries = new ArrayList<>(all);
            all.forEach(entry -> observer.ruleAdded(chain, entry.spec()));
        }
        refresh(depth);
    }

    /**
     * Removes everything and adds it again in its proper shape. Rules that do not move cancel out in
     * {@link ChainEdits}.
     */
    void rebuild(int depth, ChainObserver observer) {
        List<Entry> all = new ArrayList<>(count);
        collect(all);
        clear(observer);
        fill(all, depth, observer);
    }

    private boolean splits(List<Entry> all, int depth) {
        return all.size() > tree.leafLimit(depth) && depth < tree.limits().depth() && common(all) < sample.nibbles();
    }

    private static int common(List<Entry> all) {
        DispatchKey first = all.getFirst().key();
        int common = first.nibbles();
        for (Entry entry : all) {
            common = Math.min(common, first.common(entry.key()));
        }
        return common;
    }

    private DispatchNode child(DispatchKey key, ChainObserver observer) {
        DispatchNode there = children.get(key.nibble(split));
        if (there != null) {
            return there;
        }
        DispatchNode child = tree.node(key, split + 1);
        children.put(key.nibble(split), child);
        observer.chainCreated(child.chain);
        observer.ruleAdded(chain, key.jump(split + 1, child.chain));
        return child;
    }

    private void unlink(DispatchNode child, int at, ChainObserver observer) {
        observer.ruleRemoved(chain, jumpTo(child, at));
        observer.chainDeleted(child.chain);
        tree.forget(child.chain);
    }

    private String jumpTo(DispatchNode child, int at) {
        if (child.sample.nibble(split) != at) {
            throw new IllegalStateException(child.chain + " is in the wrong place");
        }
        return child.sample.jump(split + 1, child.chain);
    }

    /** Moves the jumps of this node into a new one below, for a key that shares only {@code common} nibbles. */
    private void push(int common, int depth, ChainObserver observer) {
        DispatchNode lower = tree.node(sample, common + 1);
        observer.chainCreated(lower.chain);
        lower.count = count - 1;
        move(this, children, lower, split, observer);
        children = new TreeMap<>();
        entries = List.of();
        split = common;
        children.put(sample.nibble(common), lower);
        observer.ruleAdded(chain, sample.jump(common + 1, lower.chain));
        lower.height = height;
        lower.capped = capped;
        if (capped || depth + 1 + height > tree.limits().depth()) {
            lower.rebuild(depth + 1, observer);
        }
    }

    /** Moves the jumps of the only node left below into this one. */
    private void pull(DispatchNode only, int depth, ChainObserver observer) {
        if (only.children.isEmpty() || only.capped) {
            rebuild(depth, observer);
            return;
        }
        String jump = jumpTo(only, only.sample.nibble(split));
        sample = only.sample;
        move(only, only.children, this, only.split, observer);
        observer.ruleRemoved(chain, jump);
        observer.chainDeleted(only.chain);
        tree.forget(only.chain);
    }

    private static void move(
            DispatchNode from,
            NavigableMap<Integer, DispatchNode> below,
            DispatchNode to,
            int split,
            ChainObserver observer) {
        for (DispatchNode child : below.values()) {
            String jump = child.sample.jump(split + 1, child.chain);
            observer.ruleRemoved(from.chain, jump);
            observer.ruleAdded(to.chain, jump);
        }
        to.children = below;
        to.split = split;
        to.entries = List.of();
    }

    private void clear(ChainObserver observer) {
        entries.forEach(entry -> observer.ruleRemoved(chain, entry.spec()));
        children.forEach((at, child) -> {
            child.clear(observer);
            unlink(child, at, observer);
        });
        entries = new ArrayList<>();
        children = new TreeMap<>();
    }

    private void collect(List<Entry> into) {
        into.addAll(entries);
        children.values().forEach(child -> child.collect(into));
    }

    private void refresh(int depth) {
        height = 0;
        capped = children.isEmpty() && depth == tree.limits().depth() && count > tree.leafLimit(depth);
        for (DispatchNode child : children.values()) {
            height = Math.max(height, 1 + child.height);
            capped |= child.capped;
        }
    }

    /** The rules of this chain. */
    List<String> rules() {
        List<String> rules = new ArrayList<>();
        entries.forEach(entry -> rules.add(entry.spec()));
        children.forEach((at, child) -> rules.add(jumpTo(child, at)));
        return rules;
    }

    /** Adds the chains below this one, each before those that it jumps to. */
    void addBelow(Map<String, List<String>> into) {
        for (DispatchNode child : children.values()) {
            into.put(child.chain, child.rules());
            child.addBelow(into);
        }
    }
}
