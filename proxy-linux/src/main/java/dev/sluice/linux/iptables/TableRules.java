// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.iptables;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The desired content of one table, as text: whole user chains, and single rules ("jumps") in built-in chains, which
 * are shared with others.
 */
public final class TableRules {
    private final String table;
    private final Map<String, List<String>> chains;
    private final List<RuleLine> jumps;

    private TableRules(Builder builder) {
        table = builder.table;
        Map<String, List<String>> copy = new LinkedHashMap<>();
        builder.chains.forEach((chain, rules) -> copy.put(chain, List.copyOf(rules)));
        chains = Collections.unmodifiableMap(copy);
        jumps = List.copyOf(builder.jumps);
    }

    /** Starts the content of {@code table}, e.g. {@code nat}. */
    public static Builder of(String table) {
        return new Builder(table);
    }

    /** An empty content of {@code table}: the desired state of a clean-up. */
    public static TableRules nothing(String table) {
        return of(table).build();
    }

    public String table() {
        return table;
    }

    /** User chains and their rules, in the order in which they were added. */
    public Map<String, List<String>> chains() {
        return chains;
    }

    /** Rules for the heads of built-in chains, in the order of insertion: the last one ends up on top. */
    public List<RuleLine> jumps() {
        return jumps;
    }

    /** The table as iptables-save would print it on a host with nothing else: chains sorted, counters zero. */
    public String text() {
        StringBuilder text = new StringBuilder("*" + table + "\n");
        Map<String, List<String>> sorted = new TreeMap<>(chains);
        sorted.keySet().forEach(chain -> text.append(':').append(chain).append(" - [0:0]\n"));
        jumps.reversed().forEach(jump -> text.append(jump).append('\n'));
        sorted.forEach((chain, rules) ->
                rules.forEach(spec -> text.append(new RuleLine(chain, spec)).append('\n')));
        return text.append("COMMIT\n").toString();
    }

    @Override
    public String toString() {
        return text();
    }

    /** Collects the content of a table. */
    public static final class Builder {
        private final String table;
        private final Map<String, List<String>> chains = new LinkedHashMap<>();
        private final List<RuleLine> jumps = new ArrayList<>();

        private Builder(String table) {
            this.table = table;
        }

        /** Adds the user chain {@code chain}. */
        public Builder chain(String chain) {
            chains.computeIfAbsent(ChainName.checkUser(chain), name -> new ArrayList<>());
            return this;
        }

        /** Adds {@code rules} at the end of the user chain {@code chain}. */
        public Builder chain(String chain, List<String> rules) {
            chain(chain);
            rules(chain).addAll(rules);
            return this;
        }

        /** Adds {@code spec} at the end of {@code chain}. */
        public Builder rule(String chain, String spec) {
            chain(chain);
            rules(chain).add(spec);
            return this;
        }

        /**
         * Adds a jump to the built-in {@code chain}; when it is missing it is inserted at the head, above earlier ones.
         */
        public Builder jump(String chain, String spec) {
            jumps.add(new RuleLine(chain, spec));
            return this;
        }

        public TableRules build() {
            return new TableRules(this);
        }

        private List<String> rules(String chain) {
            return chains.getOrDefault(chain, List.of());
        }
    }
}
