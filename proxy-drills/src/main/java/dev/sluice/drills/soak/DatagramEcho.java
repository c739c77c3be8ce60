// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.soak;

import dev.sluice.testkit.lab.LabHost;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.ArrayList;
import java.util.List;

/** Sends each datagram back, on several Pods. */
final class DatagramEcho implements AutoCloseable {
    static final int PORT = 7101;
    private final List<DatagramChannel> sockets = new ArrayList<>();

    DatagramEcho(List<LabHost> pods) {
        for (LabHost pod : pods) {
            DatagramChannel socket = pod.bindUdp(PORT);
            sockets.add(socket);
            Thread.ofPlatform().daemon().name("soak-datagrams-" + pod.name()).start(() -> echo(socket));
        }
    }

    private static void echo(DatagramChannel socket) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 16);
        try {
            while (true) {
                SocketAddress from = socket.receive(buffer.clear());
                socket.send(buffer.flip(), from);
            }
        } catch (IOException e) {
            // closed: the soak is over
        }
    }

    @Override
    public void close() throws IOException {
        for (DatagramChannel socket : sockets) {
            socket.close();
        }
    }
}
