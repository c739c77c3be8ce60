// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sluice.core.model.Portal;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.SocketTimeoutException;
import java.util.Arrays;

/** A client with a port of its own, connected to the proxy's socket. */
final class UdpClient implements AutoCloseable {
    private final DatagramSocket socket;

    UdpClient(EngineFixture fixture) throws IOException {
        this(fixture, fixture.datagramPortal);
    }

    UdpClient(EngineFixture fixture, Portal.Address destination) throws IOException {
        InetAddress address = fixture.loopbackAddress();
        socket = new DatagramSocket(0, address);
        fixture.datagramsOf(port(), destination);
        socket.connect(address, fixture.udp().address().port());
        socket.setSoTimeout(10_000);
    }

    int port() {
        return socket.getLocalPort();
    }

    void send(byte[] data) throws IOException {
        socket.send(new DatagramPacket(data, data.length));
    }

    byte[] receive() throws IOException {
        DatagramPacket packet = new DatagramPacket(new byte[1 << 16], 1 << 16);
        socket.receive(packet);
        return Arrays.copyOf(packet.getData(), packet.getLength());
    }

    byte[] exchange(byte[] data) throws IOException {
        send(data);
        return receive();
    }

    String ask(String question) throws IOException {
        return new String(exchange(question.getBytes(UTF_8)), UTF_8);
    }

    String askUntilAnswered(String question) throws IOException {
        socket.setSoTimeout(200);
        IOException last = new IOException("never asked");
        for (int i = 0; i < 50; i++) {
            try {
                return ask(question);
            } catch (SocketTimeoutException e) {
                last = e;
            }
        }
        throw last;
    }

    @Override
    public void close() {
        socket.close();
    }
}
