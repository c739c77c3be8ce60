// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.rules;

import java.util.List;

/**
 * A rule of a chain, made by a {@link RuleBuilder}.
 *
 * @param matches in the order in which iptables-save prints them
 */
public record Rule(List<Match> matches, Target target) {
    private static final int USUAL_LENGTH = 160;

    public Rule {
        matches = List.copyOf(matches);
    }

    /**
     * Reads a rule back from its text.
     *
     * @throws IllegalArgumentException when {@code text} is not exactly what {@link #text} prints for some rule, or
     *     matches on an IP set, whose type is not in the text; a set of which the source alone is an element is taken
     *     for one of remembered sources
     */
    public static Rule parse(String text) {
        return new RuleParser(text).parse();
    }

    /** The rule as iptables-save prints it, without its chain. */
    public String text() {
        StringBuilder out = new StringBuilder(USUAL_LENGTH);
        for (Match match : matches) {
            match.print(out);
            out.append(' ');
        }
        target.print(out);
        int end = out.length() - 1;
        if (end >= 0 && out.charAt(end) == ' ') {
            out.setLength(end);
        }
        return out.toString();
    }

    @Override
    public String toString() {
        return text();
    }
}
