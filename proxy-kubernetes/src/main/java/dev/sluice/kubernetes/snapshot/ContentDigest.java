// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.snapshot;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/** The last line of a snapshot: the SHA-256 of all lines before it, with their ends. */
final class ContentDigest {
    private static final String FIELD = "sha256";
    private static final byte[] BEGIN = ("{\"" + FIELD + "\":").getBytes(StandardCharsets.US_ASCII);

    private final MessageDigest digest;

    ContentDigest() {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has it", e);
        }
    }

    void add(byte[] line) {
        digest.update(line);
        digest.update((byte) '\n');
    }

    /** The line itself. Ends the sum. */
    byte[] line() {
        String sum = HexFormat.of().formatHex(digest.digest());
        return JsonLine.of(line -> line.text(FIELD, sum));
    }

    /** Whether {@code line} has the form of a checksum. */
    static boolean isAt(byte[] line) {
        return line.length >= BEGIN.length && Arrays.equals(line, 0, BEGIN.length, BEGIN, 0, BEGIN.length);
    }
}
