// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.iptables;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A rule of a chain, as iptables-save prints it.
 *
 * @param chain the chain that holds the rule
 * @param spec matches and target, e.g. {@code -d 10.96.0.1/32 -p tcp -m tcp --dport 443 -j ACCEPT}
 */
public record RuleLine(String chain, String spec) {

    /** The chain or extension that {@code spec} hands the packet to with {@code -j} or {@code -g}. */
    public static Optional<String> target(String spec) {
        List<String> words = words(spec);
        for (int i = words.size() - 2; i >= 0; i--) {
            String word = words.get(i);
            if (word.equals("-j") || word.equals("-g")) {
                return Optional.of(words.get(i + 1));
            }
        }
        return Optional.empty();
    }

    /** Splits at blanks as iptables-restore does: double quotes hold a word together, a backslash escapes in them. */
    public static List<String> words(String text) {
        List<String> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        boolean inWord = false;
        boolean quoted = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (quoted && c == '\\' && i + 1 < text.length()) {
                word.append(text.charAt(++i));
            } else if (c == '"') {
                quoted = !quoted;
                inWord = true;
            } else if (!quoted && (c == ' ' || c == '\t')) {
                if (inWord) {
                    words.add(word.toString());
                    word.setLength(0);
                    inWord = false;
                }
            } else {
                word.append(c);
                inWord = true;
            }
        }
        if (inWord) {
            words.add(word.toString());
        }
        return words;
    }

    /** The line that appends this rule, e.g. {@code -A INPUT -j ACCEPT}. */
    @Override
    public String toString() {
        return spec.isEmpty() ? "-A " + chain : "-A " + chain + " " + spec;
    }
}
