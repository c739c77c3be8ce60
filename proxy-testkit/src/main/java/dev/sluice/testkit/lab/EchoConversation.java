// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.lab;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;

/** One TCP connection of the {@link EchoServer}. */
final class EchoConversation {
    private static final int CHUNK = 64 * 1024;
    private final SocketChannel channel;
    private final String pod;
    private final String answer;
    private final StringBuilder line = new StringBuilder();
    private final Deque<ByteBuffer> outgoing = new ArrayDeque<>();
    private final ByteBuffer incoming = ByteBuffer.allocate(CHUNK);
    private long bulk;
    private long received;
    private boolean ended;

    EchoConversation(SocketChannel channel, String pod, String answer) {
        this.channel = channel;
        this.pod = pod;
        this.answer = answer;
    }

    void go(SelectionKey key) throws IOException {
        if (key.isReadable()) {
            read();
        }
        boolean pending = write();
        if (!pending && ended) {
            channel.close();
            return;
        }
        key.interestOps((ended ? 0 : SelectionKey.OP_READ) | (pending ? SelectionKey.OP_WRITE : 0));
    }

    private void read() throws IOException {
        int count = channel.read(incoming.clear());
        if (count < 0) {
            ended = true;
            say("end pod=" + pod + " received=" + received + "\n");
            return;
        }
        received += count;
        incoming.flip();
        while (incoming.hasRemaining()) {
            char c = (char) incoming.get();
            if (c == '\n') {
                obey(line.toString());
                line.setLength(0);
            } else if (line.length() < 64) {
                line.append(c);
            }
        }
    }

    private void obey(String command) {
        if (command.startsWith("bulk ")) {
            bulk += Long.parseLong(command.substring(5).strip());
        } else if (!command.startsWith("#")) {
            say(answer);
        }
    }

    private void say(String text) {
        outgoing.add(ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII)));
    }

    /** Writes, and returns whether something is left to write. */
    private boolean write() throws IOException {
        while (true) {
            if (outgoing.isEmpty()) {
                if (bulk == 0) {
                    return false;
                }
                int size = (int) Math.min(bulk, CHUNK);
                outgoing.add(ByteBuffer.wrap(new byte[size]));
                bulk -= size;
            }
            ByteBuffer head = outgoing.getFirst();
            channel.write(head);
            if (head.hasRemaining()) {
                return true;
            }
            outgoing.removeFirst();
        }
    }
}
