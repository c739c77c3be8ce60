// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.scan;

import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Tells comments, literals and code of a Java source apart. */
final class JavaText {
    /** Literals are matched too, so that nothing inside of them is taken for a comment. */
    private static final Pattern LITERAL_OR_COMMENT = Pattern.compile(
            "\"\"\"(?:[^\"\\\\]|\\\\.|\"(?!\"\"))*+\"\"\""
                    + "|\"(?:[^\"\\\\\n]|\\\\.)*+\""
                    + "|'(?:[^'\\\\\n]|\\\\.)*+'"
                    + "|(?<comment>/\\*.*?\\*/|//[^\n]*+)",
            Pattern.DOTALL);

    private JavaText() {}

    /** The numbers, from 1, of the lines with a comment or a part of one. */
    static SortedSet<Integer> commentLines(String source) {
        SortedSet<Integer> numbers = new TreeSet<>();
        Matcher matcher = LITERAL_OR_COMMENT.matcher(source);
        int line = 1;
        int counted = 0;
        while (matcher.find()) {
            line += newlines(source, counted, matcher.start());
            int last = line + newlines(source, matcher.start(), matcher.end());
            if (matcher.group("comment") != null) {
                for (int i = line; i <= last; i++) {
                    numbers.add(i);
                }
            }
            line = last;
            counted = matcher.end();
        }
        return numbers;
    }

    private static int newlines(String text, int from, int to) {
        return (int) text.substring(from, to).chars().filter(c -> c == '\n').count();
    }

    /** The source with a space in place of each comment and {@code ""} in place of each literal. */
    static String code(String source) {
        return LITERAL_OR_COMMENT.matcher(source).replaceAll(m -> m.group("comment") == null ? "\"\"" : " ");
    }
}
