// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.http;

import java.nio.charset.StandardCharsets;

/** The sizes of bodies and chunks. A number that is too large for any limit is still a number. */
final class Numbers {
    private static final int DECIMAL_DIGITS = 18;
    private static final int HEX_DIGITS = 15;

    private Numbers() {}

    static long contentLength(String text) throws RequestException {
        if (!text.matches("[0-9]+")) {
            throw new RequestException(400, "malformed Content-Length");
        }
        return text.length() > DECIMAL_DIGITS ? Long.MAX_VALUE / 2 : Long.parseLong(text);
    }

    /** The size before the extensions of a chunk's first line. */
    static long chunkSize(byte[] line, int length) throws RequestException {
        String size = new String(line, 0, length, StandardCharsets.ISO_8859_1).split(";", -1)[0].strip();
        if (!size.matches("[0-9A-Fa-f]+")) {
            throw new RequestException(400, "malformed chunk size");
        }
        return size.length() > HEX_DIGITS ? Long.MAX_VALUE / 2 : Long.parseLong(size, 16);
    }
}
