// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.healthport;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * One HTTP request and its answer. Method, path and body do not matter. After the answer the peer closes the
 * connection; what it still sends is read and discarded, because closing a socket with unread bytes resets the
 * connection, and the client would lose the answer.
 */
final class HealthConnection {
    private static final int MOST_HEAD = 16 * 1024;

    private final SocketChannel channel;
    private final SelectionKey key;
    private final Supplier<Optional<ReadinessAnswer>> answers;
    private final ByteArrayOutputStream head = new ByteArrayOutputStream(256);
    private ByteBuffer reply = ByteBuffer.allocate(0);
    private boolean answered;
    private long deadline;

    /** @param deadline when the request must be complete, on {@link System#nanoTime} */
    HealthConnection(
            SocketChannel channel, SelectionKey key, Supplier<Optional<ReadinessAnswer>> answers, long deadline) {
        this.channel = channel;
        this.key = key;
        this.answers = answers;
        this.deadline = deadline;
    }

    boolean isOver(long now) {
        return !channel.isOpen() || now - deadline > 0;
    }

    /**
     * Reads and writes as far as the socket allows.
     *
     * @param buffer for reading, shared by all connections
     * @param linger the deadline by which the peer must close the connection once it has the answer
     */
    void proceed(ByteBuffer buffer, long linger) throws IOException {
        if (!answered && read(buffer)) {
            Optional<ReadinessAnswer> answer = answers.get();
            if (answer.isEmpty()) {
                reset();
                return;
            }
            answered = true;
            deadline = linger;
            reply = ByteBuffer.wrap(answer.get()
                    .bytes(!head.toString(StandardCharsets.ISO_8859_1).startsWith("HEAD ")));
        }
        if (answered) {
            write(buffer);
        }
    }

    /** Reads; returns whether the request's head is complete. */
    private boolean read(ByteBuffer buffer) throws IOException {
        while (true) {
            buffer.clear();
            int count = channel.read(buffer);
            if (count < 0 || head.size() > MOST_HEAD) {
                channel.close();
                return false;
            }
            if (count == 0) {
                return false;
            }
            byte[] bytes = new byte[count];
            buffer.flip().get(bytes);
            head.writeBytes(bytes);
            String text = head.toString(StandardCharsets.ISO_8859_1);
            if (text.contains("\r\n\r\n") || text.contains("\n\n")) {
                return true;
            }
        }
    }

    private void write(ByteBuffer buffer) throws IOException {
        if (reply.hasRemaining()) {
            channel.write(reply);
            if (reply.hasRemaining()) {
                key.interestOps(SelectionKey.OP_WRITE);
                return;
            }
            channel.shutdownOutput();
            key.interestOps(SelectionKey.OP_READ);
        }
        int count;
        do {
            buffer.clear();
            count = channel.read(buffer);
        } while (count > 0);
        if (count < 0) {
            channel.close();
        }
    }

    private void reset() throws IOException {
        channel.setOption(StandardSocketOptions.SO_LINGER, 0);
        channel.close();
    }

    void close() {
        try {
            channel.close();
        } catch (IOException e) {
            // nothing is lost: the connection is of no use any more
        }
    }
}
