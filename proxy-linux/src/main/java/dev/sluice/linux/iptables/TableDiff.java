// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.iptables;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Computes the smallest change from the applied to the desired content of a table.
 *
 * <p>Owned are the desired chains, every user chain whose name is owned, and every rule in a built-in chain that jumps
 * to an owned chain. Changed chains are rewritten whole; missing jumps are inserted next to their neighbours; stale
 * chains, stale jumps and duplicates are deleted. Foreign rules keep their content and order. A table commits as one,
 * so traffic sees the state before or the state after.
 */
public final class TableDiff {
    private final SavedTable inForce;
    private final TableRules desired;
    private final Predicate<String> owned;

    private TableDiff(SavedTable inForce, TableRules desired, Predicate<String> owned) {
        this.inForce = inForce;
        this.desired = desired;
        this.owned = owned;
    }

    /**
     * Writes the difference into {@code out}; nothing when there is none.
     *
     * @param owned whether a user chain may be deleted, by its name
     */
    public static Outcome plan(SavedTable inForce, TableRules desired, Predicate<String> owned, RestoreScript out) {
        return new TableDiff(inForce, desired, owned).write(out.table(desired.table()));
    }

    private Outcome write(RestoreScript out) {
        int written = 0;
        List<String> changed = new ArrayList<>();
        for (var chain : desired.chains().entrySet()) {
            if (!inForce.has(chain.getKey()) || !inForce.rules(chain.getKey()).equals(chain.getValue())) {
                changed.add(chain.getKey());
            }
        }
        changed.forEach(out::declare);
        Set<String> stale = staleChains();
        Set<String> held = heldByOthers(stale);
        for (String chain : stale) {
            if (!held.contains(chain)) {
                out.deleteChain(chain);
            } else if (!inForce.rules(chain).isEmpty()) {
                out.declare(chain);
            }
        }
        int jumps = 0;
        for (String chain : builtInChains()) {
            jumps += repairJumps(chain, out);
        }
        for (String chain : changed) {
            List<String> rules = desired.chains().getOrDefault(chain, List.of());
            rules.forEach(spec -> out.append(chain, spec));
            written += rules.size();
        }
        return new Outcome(changed.size(), written, stale.size() - held.size(), jumps, held);
    }

    private Set<String> staleChains() {
        Set<String> stale = new LinkedHashSet<>();
        for (String chain : inForce.chains()) {
            if (!ChainName.isBuiltIn(chain)
                    && owned.test(chain)
                    && !desired.chains().containsKey(chain)) {
                stale.add(chain);
            }
        }
        return stale;
    }

    /** A chain to which a rule of a foreign chain jumps cannot be deleted: the whole restore would fail. */
    private Set<String> heldByOthers(Set<String> stale) {
        Set<String> held = new TreeSet<>();
        if (stale.isEmpty()) {
            return held;
        }
        for (String chain : inForce.chains()) {
            boolean foreign = !ChainName.isBuiltIn(chain)
                    && !stale.contains(chain)
                    && !desired.chains().containsKey(chain);
            if (foreign) {
                inForce.rules(chain).forEach(spec -> RuleLine.target(spec).ifPresent(held::add));
            }
        }
        held.retainAll(stale);
        return held;
    }

    private Set<String> builtInChains() {
        Set<String> chains = new LinkedHashSet<>();
        inForce.chains().stream().filter(ChainName::isBuiltIn).forEach(chains::add);
        desired.jumps().forEach(jump -> chains.add(jump.chain()));
        return chains;
    }

    private int repairJumps(String chain, RestoreScript out) {
        List<String> jumps = specs(desired.jumps().reversed(), chain);
        List<String> rules = new ArrayList<>(inForce.rules(chain));
        int changes = removeUnwanted(chain, rules, jumps, out);
        for (int i = jumps.size() - 1; i >= 0; i--) {
            String spec = jumps.get(i);
            if (!rules.contains(spec)) {
                int index = placeFor(i, jumps, rules);
                out.insert(chain, index + 1, spec);
                rules.add(index, spec);
                changes++;
            }
        }
        return changes;
    }

    private int removeUnwanted(String chain, List<String> rules, List<String> jumps, RestoreScript out) {
        Set<String> missing = new HashSet<>(jumps);
        Set<String> wanted = Set.copyOf(missing);
        int changes = 0;
        for (String spec : List.copyOf(rules)) {
            boolean keep = missing.remove(spec) || !(wanted.contains(spec) || jumpsToOwned(spec));
            if (!keep) {
                out.delete(chain, spec);
                rules.remove(spec);
                changes++;
            }
        }
        return changes;
    }

    /** Right above the next of our jumps that is there, else right below the one before it, else on top. */
    private static int placeFor(int i, List<String> jumps, List<String> rules) {
        for (int next = i + 1; next < jumps.size(); next++) {
            int index = rules.indexOf(jumps.get(next));
            if (index >= 0) {
                return index;
            }
        }
        for (int before = i - 1; before >= 0; before--) {
            int index = rules.indexOf(jumps.get(before));
            if (index >= 0) {
                return index + 1;
            }
        }
        return 0;
    }

    private boolean jumpsToOwned(String spec) {
        return RuleLine.target(spec).filter(owned).isPresent();
    }

    private static List<String> specs(List<RuleLine> jumps, String chain) {
        return jumps.stream()
                .filter(jump -> jump.chain().equals(chain))
                .map(RuleLine::spec)
                .distinct()
                .toList();
    }

    /**
     * The size of a change.
     *
     * @param chainsWritten chains created or rewritten
     * @param rulesWritten their rules
     * @param chainsDeleted stale chains
     * @param jumpsChanged rules inserted into and deleted from built-in chains
     * @param held stale chains that were emptied but not deleted, because foreign rules jump to them
     */
    public record Outcome(int chainsWritten, int rulesWritten, int chainsDeleted, int jumpsChanged, Set<String> held) {
        public Outcome {
            held = Set.copyOf(held);
        }
    }
}
