// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** What somebody may have meant who wrote a name that does not exist. */
public final class Suggestion {
    private static final int LETTERS_FOR_A_MISTAKE = 4;

    private Suggestion() {}

    /** The nearest of {@code names}, with one mistake at most in four letters; upper and lower case are alike. */
    public static Optional<String> of(String written, Collection<String> names) {
        int allowed = Math.max(1, written.length() / LETTERS_FOR_A_MISTAKE);
        return names.stream()
                .filter(name -> distance(written, name) <= allowed)
                .min(Comparator.comparingInt(name -> distance(written, name)));
    }

    /** For the end of a message: {@code "; did you mean --proxy-mode?"}, or nothing. */
    public static String question(String written, Collection<String> names) {
        return of(written, names).map(name -> "; did you mean " + name + "?").orElse("");
    }

    /** The Levenshtein distance: how many letters are to be added, removed or replaced. */
    private static int distance(String written, String name) {
        String from = written.toLowerCase(Locale.ROOT);
        String to = name.toLowerCase(Locale.ROOT);
        int[] previous = new int[to.length() + 1];
        for (int j = 0; j <= to.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= from.length(); i++) {
            int[] row = new int[to.length() + 1];
            row[0] = i;
            for (int j = 1; j <= to.length(); j++) {
                int replaced = previous[j - 1] + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(replaced, Math.min(previous[j], row[j - 1]) + 1);
            }
            previous = row;
        }
        return previous[to.length()];
    }
}
