package dev.sluice.linux.iptables;

import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import java.math.BigDecimal;
import java.math.RoundingMode;

/**
 * Pieces of rules in the form in which iptables-save prints them, so that what is wanted and what is in force compare
 * as text. The order inside a rule is: {@code -s -d -i -o -p}, then the matches as given, then the target; a negation
 * stands before its option ({@code ! -s 10.0.0.0/8}). Checked against iptables 1.8.9, nft and legacy, both families.
 */
public final class RuleText {
    private static final String UNQUOTED = "[A-Za-z0-9_-]+";
    private static final double ONE = 0x80000000L;

    private RuleText() {}

    /** {@code -m comment --comment "text"}. */
    public static String comment(String text) {
        return "-m comment --comment " + quote(text);
    }

    /** {@code text} as an argument: quoted unless it consists of letters, digits, {@code _} and {@code -}. */
    public static String quote(String text) {
        if (text.matches(UNQUOTED)) {
            return text;
        }
        StringBuilder quoted = new StringBuilder(text.length() + 2).append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\' || c == '\'') {
                quoted.append('\\');
            }
            quoted.append(c);
        }
        return quoted.append('"').toString();
    }

    /** {@code -s 10.0.0.1/32}. */
    public static String source(IpAddress address) {
        return "-s " + Cidr.host(address);
    }

    /** {@code -s 10.0.0.0/8}; empty for a prefix of length 0, which save leaves out. */
    public static String source(Cidr net) {
        return net.length() == 0 ? "" : "-s " + net;
    }

    /** {@code -d 10.0.0.1/32}. */
    public static String destination(IpAddress address) {
        return "-d " + Cidr.host(address);
    }

    /** {@code -d 10.0.0.0/8}; empty for a prefix of length 0, which save leaves out. */
    public static String destination(Cidr net) {
        return net.length() == 0 ? "" : "-d " + net;
    }

    /**
     * {@code -m statistic --mode random --probability p} that matches one packet in {@code n}. The kernel keeps p as a
     * multiple of 2^-31, and save prints that with 11 decimals.
     */
    public static String oneIn(int n) {
        if (n < 1) {
            throw new IllegalArgumentException("one in " + n);
        }
        // printf rounds the exact value to even, where Java's formatter rounds half up (1/4096 ends in 5)
        BigDecimal kept = new BigDecimal(Math.round(ONE / n) / ONE).setScale(11, RoundingMode.HALF_EVEN);
        return "-m statistic --mode random --probability " + kept.toPlainString();
    }

    /** Joins the pieces that are not empty by one blank. */
    public static String join(String... pieces) {
        StringBuilder spec = new StringBuilder();
        for (String piece : pieces) {
            if (!piece.isEmpty()) {
                spec.append(spec.isEmpty() ? "" : " ").append(piece);
            }
        }
        return spec.toString();
    }
}
