// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.rules;

import dev.sluice.core.net.IpFamily;

/** Spelling that needs more than appending words. No regular expression here: large clusters print very many rules. */
final class RuleText {
    /** The kernel keeps a probability as a number of 2^-31 shares. */
    static final long WHOLE = 1L << 31;

    private static final int DECIMALS = 11;
    /** 10^11 / 2^31 in lowest terms. */
    private static final long NUMERATOR = 48_828_125;

    private static final int DENOMINATOR_BITS = 20;

    private RuleText() {}

    /** Appends {@code text} as an argument: quoted unless it consists of letters, digits, {@code _} and {@code -}. */
    static void quote(String text, StringBuilder out) {
        if (isPlain(text)) {
            out.append(text);
            return;
        }
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\' || c == '\'') {
                out.append('\\');
            }
            out.append(c);
        }
        out.append('"');
    }

    private static boolean isPlain(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean plain =
                    c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-';
            if (!plain) {
                return false;
            }
        }
        return !text.isEmpty();
    }

    /** The shares of one in {@code n}. */
    static long share(int n) {
        return Math.round((double) WHOLE / n);
    }

    /** Appends the probability of one in {@code n} with 11 decimals, rounded half to even as printf does. */
    static void probability(int n, StringBuilder out) {
        long exact = share(n) * NUMERATOR;
        long decimals = exact >>> DENOMINATOR_BITS;
        long rest = exact & (1L << DENOMINATOR_BITS) - 1;
        long half = 1L << DENOMINATOR_BITS - 1;
        if (rest > half || rest == half && (decimals & 1) == 1) {
            decimals++;
        }
        int from = out.length();
        out.append(decimals);
        while (out.length() - from <= DECIMALS) {
            out.insert(from, '0');
        }
        out.insert(out.length() - DECIMALS, '.');
    }

    /** Appends {@code 0x4000/0x4000}. */
    static void maskedMark(int value, int mask, StringBuilder out) {
        out.append("0x").append(Integer.toHexString(value));
        out.append("/0x").append(Integer.toHexString(mask));
    }

    /** Appends a use of the source addresses on {@code list}. */
    static void recent(String operation, String list, IpFamily family, StringBuilder out) {
        out.append("-m recent ").append(operation).append(" --name ").append(list);
        out.append(" --mask ")
                .append(family == IpFamily.IPV4 ? "255.255.255.255" : "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
        out.append(" --rsource");
    }
}
