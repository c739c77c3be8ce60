// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.iptables;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Input for {@code iptables-restore --noflush}, collected table by table. Each table commits as one: a packet sees all
 * of it or nothing. Within a table the declarations come first, then the rules in the order of the calls, and deleted
 * chains last, so that a chain exists before rules jump to it and loses its last reference before it is deleted. Tables
 * follow in the order in which they were first named.
 */
public final class RestoreScript {
    private final Map<String, Section> sections = new LinkedHashMap<>();
    private @Nullable Section current;

    /** Continues with table {@code name}; a table without any command is left out. */
    public RestoreScript table(String name) {
        current = sections.computeIfAbsent(name, table -> new Section());
        return this;
    }

    /** Creates the user chain, or empties it when it exists. */
    public RestoreScript declare(String chain) {
        current().declared.add(ChainName.checkUser(chain));
        return this;
    }

    /** Adds a rule at the end of {@code chain}. */
    public RestoreScript append(String chain, String spec) {
        return rule("-A " + chain, spec);
    }

    /**
     * Adds a rule to {@code chain}.
     *
     * @param position the 1-based place that the rule will have
     */
    public RestoreScript insert(String chain, int position, String spec) {
        if (position < 1) {
            throw new IllegalArgumentException("rules are counted from 1, not " + position);
        }
        return rule(position == 1 ? "-I " + chain : "-I " + chain + " " + position, spec);
    }

    /** Deletes the first rule of {@code chain} that equals {@code spec}; the restore fails when there is none. */
    public RestoreScript delete(String chain, String spec) {
        return rule("-D " + chain, spec);
    }

    /** Empties and deletes the user chain, after all rules of this table. */
    public RestoreScript deleteChain(String chain) {
        declare(chain);
        current().removed.add(chain);
        return this;
    }

    /** Whether there is nothing to restore. */
    public boolean isEmpty() {
        return sections.values().stream().allMatch(Section::isEmpty);
    }

    /** The input. */
    public String text() {
        StringBuilder text = new StringBuilder();
        sections.forEach((table, section) -> {
            if (!section.isEmpty()) {
                text.append('*').append(table).append('\n');
                section.writeTo(text);
                text.append("COMMIT\n");
            }
        });
        return text.toString();
    }

    /** The number of lines of {@link #text()}. */
    public int lines() {
        return sections.values().stream().mapToInt(Section::lines).sum();
    }

    /** The number of bytes of {@link #text()}. */
    public int bytes() {
        return text().getBytes(StandardCharsets.UTF_8).length;
    }

    @Override
    public String toString() {
        return text();
    }

    private RestoreScript rule(String command, String spec) {
        if (spec.indexOf('\n') >= 0 || spec.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("a rule is one line: " + spec);
        }
        current().rules.add(spec.isEmpty() ? command : command + " " + spec);
        return this;
    }

    private Section current() {
        if (current == null) {
            throw new IllegalStateException("name a table first");
        }
        return current;
    }

    private static final class Section {
        private final Set<String> declared = new LinkedHashSet<>();
        private final List<String> rules = new ArrayList<>();
        private final Set<String> removed = new LinkedHashSet<>();

        boolean isEmpty() {
            return declared.isEmpty() && rules.isEmpty();
        }

        int lines() {
            return isEmpty() ? 0 : 2 + declared.size() + rules.size() + removed.size();
        }

        void writeTo(StringBuilder text) {
            declared.forEach(chain -> text.append(':').append(chain).append(" - [0:0]\n"));
            rules.forEach(rule -> text.append(rule).append('\n'));
            removed.forEach(chain -> text.append("-X ").append(chain).append('\n'));
        }
    }
}
