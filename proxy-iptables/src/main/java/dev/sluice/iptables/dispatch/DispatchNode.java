package dev.sluice.iptables.dispatch;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * A chain of a dispatch tree with all that is below it: either a leaf with rules, or jumps to one chain for each value of the
 * first nibble in which its rules differ.
 *
 * <p>What a node looks like depends only on the rules in it and on its depth, not on what was there before. So an added rule
 * either joins a leaf, splits one, or names a nibble further left than all others did; then what was here moves one chain
 * down as it is. A removed one does the reverse. No case touches more than a leaf and the jumps of two chains, unless the tree
 * is as deep as it may be.
 */
final class DispatchNode {
    /** A rule with its place. */
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

    /** @param sample a key that will be in here; keys under one node share its first nibbles */
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

    void add(Entry entry, int depth, ChainLog log) {
        count++;
        if (children.isEmpty()) {
            entries.add(entry);
            log.put(chain, entry.spec());
            sample = entry.key();
            if (splits(entries, depth)) {
                rebuild(depth, log);
            }
        } else {
            int common = sample.common(entry.key());
            if (common < split) {
                push(common, depth, log);
            }
            child(entry.key(), log).add(entry, depth + 1, log);
        }
        refresh(depth);
    }

    void remove(Entry entry, int depth, ChainLog log) {
        count--;
        if (children.isEmpty()) {
            entries.remove(entry);
            log.take(chain, entry.spec());
        } else {
            int at = entry.key().nibble(split);
            DispatchNode child = child(entry.key(), log);
            child.remove(entry, depth + 1, log);
            if (child.count == 0) {
                unlink(child, at, log);
                children.remove(at);
            }
            if (count <= tree.leafLimit(depth)) {
                rebuild(depth, log);
            } else if (children.size() == 1) {
                pull(children.firstEntry().getValue(), depth, log);
            }
        }
        refresh(depth);
    }

    /** Gives this blank node its content. */
    void fill(List<Entry> all, int depth, ChainLog log) {
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
                    child(group.getFirst().key(), log).fill(group, depth + 1, log);
                }
            }
        } else {
            entries = new ArrayList<>(all);
            all.forEach(entry -> log.put(chain, entry.spec()));
        }
        refresh(depth);
    }

    /** Takes everything out and puts it back as it should be; what does not move leaves no trace in the log. */
    void rebuild(int depth, ChainLog log) {
        List<Entry> all = new ArrayList<>(count);
        collect(all);
        clear(log);
        fill(all, depth, log);
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

    private DispatchNode child(DispatchKey key, ChainLog log) {
        DispatchNode there = children.get(key.nibble(split));
        if (there != null) {
            return there;
        }
        DispatchNode child = tree.node(key, split + 1);
        children.put(key.nibble(split), child);
        log.create(child.chain);
        log.put(chain, key.jump(split + 1, child.chain));
        return child;
    }

    private void unlink(DispatchNode child, int at, ChainLog log) {
        log.take(chain, jumpTo(child, at));
        log.drop(child.chain);
        tree.forget(child.chain);
    }

    private String jumpTo(DispatchNode child, int at) {
        if (child.sample.nibble(split) != at) {
            throw new IllegalStateException(child.chain + " is not at its place");
        }
        return child.sample.jump(split + 1, child.chain);
    }

    /** Moves the jumps of this node into a new one below it, for a key that shares only {@code common} nibbles. */
    private void push(int common, int depth, ChainLog log) {
        DispatchNode lower = tree.node(sample, common + 1);
        log.create(lower.chain);
        lower.count = count - 1;
        move(this, children, lower, split, log);
        children = new TreeMap<>();
        entries = List.of();
        split = common;
        children.put(sample.nibble(common), lower);
        log.put(chain, sample.jump(common + 1, lower.chain));
        lower.height = height;
        lower.capped = capped;
        if (capped || depth + 1 + height > tree.limits().depth()) {
            lower.rebuild(depth + 1, log);
        }
    }

    /** Takes over the jumps of the only node that is left below. */
    private void pull(DispatchNode only, int depth, ChainLog log) {
        if (only.children.isEmpty() || only.capped) {
            rebuild(depth, log);
            return;
        }
        String jump = jumpTo(only, only.sample.nibble(split));
        sample = only.sample;
        move(only, only.children, this, only.split, log);
        log.take(chain, jump);
        log.drop(only.chain);
        tree.forget(only.chain);
    }

    private static void move(
            DispatchNode from, NavigableMap<Integer, DispatchNode> below, DispatchNode to, int split, ChainLog log) {
        for (DispatchNode child : below.values()) {
            String jump = child.sample.jump(split + 1, child.chain);
            log.take(from.chain, jump);
            log.put(to.chain, jump);
        }
        to.children = below;
        to.split = split;
        to.entries = List.of();
    }

    private void clear(ChainLog log) {
        entries.forEach(entry -> log.take(chain, entry.spec()));
        children.forEach((at, child) -> {
            child.clear(log);
            unlink(child, at, log);
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

    /** The rules of this chain alone. */
    List<String> rules() {
        List<String> rules = new ArrayList<>();
        entries.forEach(entry -> rules.add(entry.spec()));
        children.forEach((at, child) -> rules.add(jumpTo(child, at)));
        return rules;
    }

    /** Adds the chains below this one, each before those that it leads to. */
    void addBelow(Map<String, List<String>> into) {
        for (DispatchNode child : children.values()) {
            into.put(child.chain, child.rules());
            child.addBelow(into);
        }
    }
}
