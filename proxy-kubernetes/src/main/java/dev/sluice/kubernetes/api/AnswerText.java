// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/** The text of an answer, unpacked where the server has compressed it; for one reader. */
final class AnswerText extends InputStream {
    private static final int BUFFER = 16 << 10;

    private final InputStream received;
    private final boolean compressed;
    private @Nullable InputStream text;
    private long count;

    /** @param encoding the header {@code Content-Encoding}; null without one */
    AnswerText(InputStream received, @Nullable String encoding) {
        this.received = received;
        this.compressed = encoding != null && encoding.strip().equalsIgnoreCase("gzip");
    }

    /** The number of bytes read, unpacked, as client-go counts them. */
    long count() {
        return count;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, into.length);
        int size = text().read(into, offset, length);
        count += Math.max(size, 0);
        return size;
    }

    /** Only now: to unpack, one first waits for the bytes. */
    private InputStream text() throws IOException {
        if (text == null) {
            text = compressed ? new GZIPInputStream(received, BUFFER) : received;
        }
        return text;
    }

    @Override
    public void close() throws IOException {
        if (text != null) {
            text.close();
        }
        received.close();
    }
}
