// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.rules;

import dev.sluice.linux.iptables.ChainName;
import dev.sluice.linux.iptables.TableRules;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The rules of one mode in one table: whole user chains, and single rules ("jumps") at the heads of built-in chains.
 */
public final class RuleTable implements TracedTable {
    private final String name;
    private final Map<String, List<Rule>> chains;
    private final List<HookRule> jumps;

    /** A rule at the head of the built-in {@code chain}. */
    private record HookRule(String chain, Rule rule) {}

    private RuleTable(String name, Map<String, List<Rule>> chains, List<HookRule> jumps) {
        this.name = name;
        Map<String, List<Rule>> copy = new LinkedHashMap<>();
        chains.forEach((chain, rules) -> copy.put(chain, List.copyOf(rules)));
        this.chains = Collections.unmodifiableMap(copy);
        this.jumps = List.copyOf(jumps);
    }

    /** Starts the content of {@code table}, e.g. {@code nat}. */
    public static Builder of(String table) {
        return new Builder(table);
    }

    @Override
    public String name() {
        return name;
    }

    /** The names of the user chains, in the order in which they were added. */
    public Set<String> chains() {
        return chains.keySet();
    }

    /** The rules of a user chain, or the jumps of a built-in one from its head on. */
    @Override
    public Optional<List<Rule>> rules(String chain) {
        if (!ChainName.isBuiltIn(chain)) {
            return Optional.ofNullable(chains.get(chain));
        }
        return Optional.of(jumps.reversed().stream()
                .filter(jump -> jump.chain().equals(chain))
                .map(HookRule::rule)
                .toList());
    }

    /** This table with other {@code rules} in the user chain {@code chain}, which it has. */
    public RuleTable with(String chain, List<Rule> rules) {
        if (!chains.containsKey(chain)) {
            throw new IllegalArgumentException("table " + name + " has no chain " + chain);
        }
        Map<String, List<Rule>> changed = new LinkedHashMap<>(chains);
        changed.put(chain, rules);
        return new RuleTable(name, changed, jumps);
    }

    /** The table as text, ready to be compared with what the kernel has. */
    public TableRules text() {
        return addTo(TableRules.of(name)).build();
    }

    /** Adds the text of these rules to a table whose other rules are known as text alone. */
    public TableRules.Builder addTo(TableRules.Builder text) {
        chains.forEach((chain, rules) ->
                text.chain(chain, rules.stream().map(Rule::text).toList()));
        jumps.forEach(jump -> text.jump(jump.chain(), jump.rule().text()));
        return text;
    }

    /** Collects the content of a table. */
    public static final class Builder {
        private final String name;
        private final Map<String, List<Rule>> chains = new LinkedHashMap<>();
        private final List<HookRule> jumps = new ArrayList<>();

        private Builder(String name) {
            this.name = name;
        }

        /** Adds a user chain with these rules, after those that it has so far. */
        public Builder chain(String chain, Rule... rules) {
            return chain(chain, List.of(rules));
        }

        /** As {@link #chain(String, Rule...)}. */
        public Builder chain(String chain, List<Rule> rules) {
            chains.computeIfAbsent(ChainName.checkUser(chain), key -> new ArrayList<>())
                    .addAll(rules);
            return this;
        }

        /** Adds a rule to the head of a built-in chain, above those that were added before. */
        public Builder jump(String builtIn, Rule rule) {
            jumps.add(new HookRule(builtIn, rule));
            return this;
        }

        public RuleTable build() {
            return new RuleTable(name, chains, jumps);
        }
    }
}
