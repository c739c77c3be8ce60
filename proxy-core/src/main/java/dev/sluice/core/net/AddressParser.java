// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.net;

import java.util.Optional;

/** Reads address literals; see {@link IpAddress#parse}. */
final class AddressParser {
    private AddressParser() {}

    static Optional<IpAddress> parse(String text) {
        if (text.indexOf(':') < 0) {
            long bits = dotted(text);
            return bits < 0 ? Optional.empty() : Optional.of(new IpAddress(IpFamily.IPV4, 0, bits));
        }
        return colons(text);
    }

    /** The 32 bits of a dotted quad, or -1. */
    private static long dotted(String text) {
        long bits = 0;
        int octets = 0;
        int at = 0;
        while (octets < 4) {
            int start = at;
            int value = 0;
            while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
                value = value * 10 + (text.charAt(at++) - '0');
                if (value > 255) {
                    return -1;
                }
            }
            if (at == start) {
                return -1;
            }
            bits = bits << 8 | value;
            octets++;
            if (octets < 4 && (at >= text.length() || text.charAt(at++) != '.')) {
                return -1;
            }
        }
        return at == text.length() ? bits : -1;
    }

    private static Optional<IpAddress> colons(String text) {
        int[] groups = new int[8];
        int count = 0;
        int gap = -1;
        int at = 0;
        if (text.startsWith("::")) {
            gap = 0;
            at = 2;
        }
        while (at < text.length()) {
            if (count == 8) {
                return Optional.empty();
            }
            int end = at;
            while (end < text.length() && text.charAt(end) != ':') {
                end++;
            }
            String group = text.substring(at, end);
            if (group.indexOf('.') >= 0) {
                long bits = dotted(group);
                if (bits < 0 || count > 6 || end != text.length()) {
                    return Optional.empty();
                }
                groups[count++] = (int) (bits >>> 16);
                groups[count++] = (int) (bits & 0xffff);
                at = end;
                break;
            }
            int value = hexGroup(group);
            if (value < 0) {
                return Optional.empty();
            }
            groups[count++] = value;
            at = end;
            if (at == text.length()) {
                break;
            }
            at++; // the colon
            if (at == text.length()) {
                return Optional.empty();
            }
            if (text.charAt(at) == ':') {
                if (gap >= 0) {
                    return Optional.empty();
                }
                gap = count;
                at++;
            }
        }
        return assemble(groups, count, gap);
    }

    private static Optional<IpAddress> assemble(int[] groups, int count, int gap) {
        if (gap < 0 ? count != 8 : count > 7) {
            return Optional.empty();
        }
        long[] words = new long[2];
        for (int i = 0; i < count; i++) {
            int place = gap >= 0 && i >= gap ? 8 - count + i : i;
            words[place / 4] |= (long) groups[i] << (3 - place % 4) * 16;
        }
        boolean mapped = words[0] == 0 && words[1] >>> 32 == 0xffff;
        return Optional.of(
                mapped
                        ? new IpAddress(IpFamily.IPV4, 0, words[1] & 0xffffffffL)
                        : new IpAddress(IpFamily.IPV6, words[0], words[1]));
    }

    private static int hexGroup(String group) {
        if (group.isEmpty() || group.length() > 4) {
            return -1;
        }
        int value = 0;
        for (int i = 0; i < group.length(); i++) {
            int digit = Character.digit(group.charAt(i), 16);
            if (digit < 0 || group.charAt(i) > 'f') {
                return -1;
            }
            value = value << 4 | digit;
        }
        return value;
    }
}
