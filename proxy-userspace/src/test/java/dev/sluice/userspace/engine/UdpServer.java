// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.util.Arrays;

/** Answers each datagram with a word, a colon and the datagram (an empty word: just a blank byte before it). */
final class UdpServer implements AutoCloseable {
    private final DatagramSocket socket;

    UdpServer(EngineFixture fixture, String word) throws IOException {
        socket = new DatagramSocket(0, fixture.loopbackAddress());
        byte[] prefix = word.isEmpty() ? new byte[1] : (word + ":").getBytes(UTF_8);
        Thread.ofPlatform().daemon().start(() -> serve(prefix));
    }

    private void serve(byte[] prefix) {
        byte[] buffer = new byte[1 << 16];
        while (!socket.isClosed()) {
            try {
                DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
                socket.receive(packet);
                byte[] answer = Arrays.copyOf(prefix, prefix.length + packet.getLength());
                System.arraycopy(buffer, 0, answer, prefix.length, packet.getLength());
                socket.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
            } catch (IOException e) {
                return;
            }
        }
    }

    int port() {
        return socket.getLocalPort();
    }

    @Override
    public void close() {
        socket.close();
    }
}
