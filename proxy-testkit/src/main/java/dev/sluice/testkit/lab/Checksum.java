// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.lab;

/** The Internet checksum (RFC 1071). */
public final class Checksum {
    private Checksum() {}

    /** The checksum of the concatenated parts; all but the last are of even length. */
    public static int of(byte[]... parts) {
        int sum = 0;
        for (byte[] part : parts) {
            for (int i = 0; i < part.length; i += 2) {
                int low = i + 1 < part.length ? part[i + 1] & 0xff : 0;
                sum += (part[i] & 0xff) << 8 | low;
            }
        }
        while (sum >> 16 != 0) {
            sum = (sum & 0xffff) + (sum >> 16);
        }
        return ~sum & 0xffff;
    }
}
