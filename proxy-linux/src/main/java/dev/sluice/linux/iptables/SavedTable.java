// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.iptables;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A table of the kernel, read from the output of iptables-save. */
public final class SavedTable {
    private final String table;
    private final Map<String, List<String>> chains;

    private SavedTable(String table, Map<String, List<String>> chains) {
        this.table = table;
        Map<String, List<String>> copy = new LinkedHashMap<>();
        chains.forEach((chain, rules) -> copy.put(chain, Collections.unmodifiableList(rules)));
        this.chains = Collections.unmodifiableMap(copy);
    }

    /** A table without chains, as it is before its first use. */
    public static SavedTable empty(String table) {
        return new SavedTable(table, Map.of());
    }

    /** A table of which only {@code chains} are known. */
    public static SavedTable of(String table, Map<String, List<String>> chains) {
        return new SavedTable(table, chains);
    }

    /**
     * Reads {@code table} out of {@code saveOutput}; other tables, comments and counters are skipped. A table that is
     * not in the output is empty.
     */
    public static SavedTable parse(String table, String saveOutput) {
        Map<String, List<String>> chains = new LinkedHashMap<>();
        boolean inTable = false;
        for (String raw : (Iterable<String>) saveOutput.lines()::iterator) {
            String line = withoutCounters(raw);
            if (line.startsWith("*")) {
                inTable = line.substring(1).strip().equals(table);
            } else if (inTable && line.startsWith(":")) {
                chains.computeIfAbsent(firstWord(line, 1), name -> new ArrayList<>());
            } else if (inTable && line.startsWith("-A ")) {
                String chain = firstWord(line, 3);
                int rest = 3 + chain.length() + 1;
                chains.computeIfAbsent(chain, name -> new ArrayList<>())
                        .add(rest < line.length() ? line.substring(rest).strip() : "");
            }
        }
        return new SavedTable(table, chains);
    }

    public String table() {
        return table;
    }

    /** Every chain, built-in ones included, in the order of the output. */
    public Set<String> chains() {
        return chains.keySet();
    }

    public boolean has(String chain) {
        return chains.containsKey(chain);
    }

    /** The rules of {@code chain} in order; none when there is no such chain. */
    public List<String> rules(String chain) {
        return chains.getOrDefault(chain, List.of());
    }

    private static String withoutCounters(String line) {
        int end = line.startsWith("[") ? line.indexOf("] ") : -1;
        return end < 0 ? line : line.substring(end + 2);
    }

    private static String firstWord(String line, int from) {
        int end = line.indexOf(' ', from);
        return end < 0 ? line.substring(from) : line.substring(from, end);
    }
}
