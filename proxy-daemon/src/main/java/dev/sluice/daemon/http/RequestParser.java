// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.http;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads one request from bytes that arrive in any pieces (RFC 9112). Reads what can be read in two ways as an error:
 * both lengths of a body, folded headers, a space before the colon. A line may end without a carriage return.
 */
final class RequestParser {
    /** Of the body, in bytes; no page needs more, and thousands of clients may send one at the same time. */
    static final int KEPT_BODY = 1024;

    private static final byte[] NO_BODY = new byte[0];

    private final HttpLimits limits;
    private final RequestHead head;
    private Part part = Part.HEAD;
    private byte[] line = new byte[128];
    private int lineLength;
    private int headBytes;
    private long bodyBytes;
    private byte[] body = NO_BODY;
    private long left;

    private enum Part {
        HEAD,
        SIZED_BODY,
        CHUNK_SIZE,
        CHUNK,
        CHUNK_END,
        TRAILERS,
        COMPLETE
    }

    RequestParser(HttpLimits limits, InetAddress local) {
        this.limits = limits;
        this.head = new RequestHead(local);
    }

    /** Whether no byte has come yet. */
    boolean isEmpty() {
        return headBytes == 0;
    }

    /** Whether the headers are complete. */
    boolean hasHead() {
        return part != Part.HEAD;
    }

    /** Whether the client waits for a 100 before it sends the body. */
    boolean expectsContinue() {
        return hasHead() && part != Part.COMPLETE && head.expectsContinue();
    }

    /**
     * Takes from {@code in} what belongs to this request.
     *
     * @return null while it is incomplete
     */
    @Nullable
    Request parse(ByteBuffer in) throws RequestException {
        while (part != Part.COMPLETE && in.hasRemaining()) {
            switch (part) {
                case SIZED_BODY, CHUNK -> takeBody(in);
                default -> take(in.get());
            }
        }
        return part == Part.COMPLETE ? head.request(new String(body, StandardCharsets.UTF_8)) : null;
    }

    private void takeBody(ByteBuffer in) {
        int count = (int) Math.min(left, in.remaining());
        int kept = Math.min(count, KEPT_BODY - body.length);
        if (kept > 0) {
            body = Arrays.copyOf(body, body.length + kept);
            in.get(in.position(), body, body.length - kept, kept);
        }
        in.position(in.position() + count);
        left -= count;
        if (left == 0) {
            part = part == Part.CHUNK ? Part.CHUNK_END : Part.COMPLETE;
        }
    }

    private void take(byte b) throws RequestException {
        if (++headBytes > limits.headBytes()) {
            throw new RequestException(431, "the head of the request is longer than " + limits.headBytes() + " bytes");
        }
        if (b == '\n') {
            int end = lineLength > 0 && line[lineLength - 1] == '\r' ? lineLength - 1 : lineLength;
            lineLength = 0;
            line(end);
            return;
        }
        if (lineLength == line.length) {
            line = Arrays.copyOf(line, line.length * 2);
        }
        line[lineLength++] = b;
        if (part == Part.HEAD && lineLength == 1 && !head.mayBegin(b)) {
            throw new RequestException(400, "this is not HTTP");
        }
    }

    private void line(int length) throws RequestException {
        switch (part) {
            case HEAD -> {
                if (head.take(line, length)) {
                    beginBody();
                }
            }
            case CHUNK_SIZE -> beginChunk(Numbers.chunkSize(line, length));
            case CHUNK_END -> {
                if (length > 0) {
                    throw new RequestException(400, "a chunk is longer than its size");
                }
                part = Part.CHUNK_SIZE;
            }
            case TRAILERS -> part = length == 0 ? Part.COMPLETE : Part.TRAILERS;
            default -> throw new IllegalStateException(part.toString());
        }
    }

    private void beginBody() throws RequestException {
        if (head.isChunked()) {
            headBytes = 1;
            part = Part.CHUNK_SIZE;
            return;
        }
        left = head.contentLength();
        requireSize(left);
        part = left == 0 ? Part.COMPLETE : Part.SIZED_BODY;
    }

    private void beginChunk(long size) throws RequestException {
        bodyBytes += size;
        requireSize(bodyBytes);
        left = size;
        part = size == 0 ? Part.TRAILERS : Part.CHUNK;
    }

    private void requireSize(long bytes) throws RequestException {
        if (bytes > limits.bodyBytes()) {
            throw new RequestException(413, "the body is longer than " + limits.bodyBytes() + " bytes");
        }
    }
}
