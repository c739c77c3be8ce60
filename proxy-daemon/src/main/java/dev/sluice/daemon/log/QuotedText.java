// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.log;

import java.util.Arrays;
import java.util.List;

/**
 * Texts in quotation marks, in a notation that JSON and Go's {@code strconv.Quote} share. Where a line would be too
 * long the longest texts give way: each loses its middle, so that the line stays readable for programs.
 */
final class QuotedText {
    /** Room for the remark and the quotation marks. */
    private static final int REMARK = 48;

    private QuotedText() {}

    /** Each of {@code texts} in quotation marks, together at most {@code budget} bytes of UTF-8. */
    static List<String> fit(List<String> texts, int budget) {
        int[] sizes = texts.stream().mapToInt(QuotedText::size).toArray();
        int most = largestShare(sizes, Math.max(budget, texts.size() * REMARK * 2));
        return texts.stream().map(text -> quote(text, most)).toList();
    }

    /** What the longest may have, so that all have at most {@code budget} and the shorter ones stay whole. */
    private static int largestShare(int[] sizes, int budget) {
        int[] sorted = sizes.clone();
        Arrays.sort(sorted);
        int left = budget;
        for (int i = 0; i < sorted.length; i++) {
            int share = left / (sorted.length - i);
            if (sorted[i] > share) {
                return share;
            }
            left -= sorted[i];
        }
        return Integer.MAX_VALUE;
    }

    private static String quote(String text, int most) {
        StringBuilder quoted = new StringBuilder(Math.min(text.length() + 2, most)).append('"');
        if (size(text) <= most) {
            append(quoted, text, 0, text.length());
            return quoted.append('"').toString();
        }
        int kept = most - REMARK;
        int headEnd = head(text, kept * 3 / 4);
        int tailBegin = tail(text, kept / 4);
        append(quoted, text, 0, headEnd);
        quoted.append("[... ").append(tailBegin - headEnd).append(" characters left out ...]");
        append(quoted, text, tailBegin, text.length());
        return quoted.append('"').toString();
    }

    /** Bytes with the quotation marks. */
    private static int size(String text) {
        long size = 2;
        for (int i = 0; i < text.length(); i++) {
            size += size(text.charAt(i));
        }
        return (int) Math.min(size, Integer.MAX_VALUE);
    }

    /** Where the first {@code bytes} end, at a whole character. */
    private static int head(String text, int bytes) {
        int end = 0;
        for (int sum = 0; end < text.length(); end++) {
            sum += size(text.charAt(end));
            if (sum > bytes) {
                break;
            }
        }
        return end > 0 && Character.isHighSurrogate(text.charAt(end - 1)) ? end - 1 : end;
    }

    /** Where the last {@code bytes} begin. */
    private static int tail(String text, int bytes) {
        int begin = text.length();
        for (int sum = 0; begin > 0; begin--) {
            sum += size(text.charAt(begin - 1));
            if (sum > bytes) {
                break;
            }
        }
        return begin < text.length() && Character.isLowSurrogate(text.charAt(begin)) ? begin + 1 : begin;
    }

    private static void append(StringBuilder to, String text, int begin, int end) {
        for (int i = begin; i < end; i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"', '\\' -> to.append('\\').append(c);
                case '\n' -> to.append("\\n");
                case '\r' -> to.append("\\r");
                case '\t' -> to.append("\\t");
                default -> {
                    if (isControl(c)) {
                        to.append("\\u00")
                                .append(Character.forDigit(c >> 4, 16))
                                .append(Character.forDigit(c & 15, 16));
                    } else {
                        to.append(c);
                    }
                }
            }
        }
    }

    private static int size(char c) {
        return switch (c) {
            case '"', '\\', '\n', '\r', '\t' -> 2;
            default -> isControl(c) ? 6 : c < 0x80 ? 1 : c < 0x800 || Character.isSurrogate(c) ? 2 : 3;
        };
    }

    /** What a terminal or a reader of lines could take for more than a character. */
    private static boolean isControl(char c) {
        return c < ' ' || (c >= 0x7f && c < 0xa0);
    }
}
