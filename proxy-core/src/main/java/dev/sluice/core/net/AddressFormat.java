// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.net;

/** Writes addresses in their canonical text form (RFC 5952 for IPv6). */
final class AddressFormat {
    private AddressFormat() {}

    static String format(IpAddress address) {
        return address.family() == IpFamily.IPV4 ? dotted(address.low()) : colons(address);
    }

    private static String dotted(long bits) {
        return (bits >>> 24 & 0xff) + "." + (bits >>> 16 & 0xff) + "." + (bits >>> 8 & 0xff) + "." + (bits & 0xff);
    }

    private static String colons(IpAddress address) {
        int[] groups = new int[8];
        for (int i = 0; i < 8; i++) {
            long word = i < 4 ? address.high() : address.low();
            groups[i] = (int) (word >>> (3 - i % 4) * 16 & 0xffff);
        }
        if (address.high() == 0 && groups[4] == 0 && groups[5] == 0xffff) {
            return "::ffff:" + dotted(address.low() & 0xffffffffL);
        }
        int bestStart = -1;
        int bestLength = 1; // a single zero group is not shortened
        for (int i = 0; i < 8; i++) {
            int length = 0;
            while (i + length < 8 && groups[i + length] == 0) {
                length++;
            }
            if (length > bestLength) {
                bestStart = i;
                bestLength = length;
            }
            i += Math.max(0, length - 1);
        }
        StringBuilder text = new StringBuilder(39);
        for (int i = 0; i < 8; i++) {
            if (i == bestStart) {
                text.append("::");
                i += bestLength - 1;
                continue;
            }
            if (!text.isEmpty() && text.charAt(text.length() - 1) != ':') {
                text.append(':');
            }
            text.append(Integer.toHexString(groups[i]));
        }
        return text.toString();
    }
}
