// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.soak;

import dev.sluice.testkit.lab.LabHost;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.channels.ServerSocketChannel;
import java.util.ArrayList;
import java.util.List;

/** Echoes streams byte by byte, until the client ends them, on several Pods. */
final class StreamEcho implements AutoCloseable {
    static final int PORT = 7100;
    private final List<ServerSocketChannel> doors = new ArrayList<>();

    StreamEcho(List<LabHost> pods) {
        for (LabHost pod : pods) {
            ServerSocketChannel door = pod.listen(PORT);
            doors.add(door);
            Thread.ofPlatform().daemon().name("soak-echo-" + pod.name()).start(() -> accept(door));
        }
    }

    /** The number of Pods that answer. */
    int pods() {
        return doors.size();
    }

    private static void accept(ServerSocketChannel door) {
        try {
            while (true) {
                Socket client = door.accept().socket();
                Thread.ofVirtual().start(() -> echo(client));
            }
        } catch (IOException e) {
            // closed: the soak is over
        }
    }

    private static void echo(Socket client) {
        byte[] buffer = new byte[64 << 10];
        try (client;
                InputStream in = client.getInputStream();
                OutputStream out = client.getOutputStream()) {
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                out.write(buffer, 0, count);
            }
        } catch (IOException e) {
            // a rude client; a polite one detects its loss itself
        }
    }

    @Override
    public void close() throws IOException {
        for (ServerSocketChannel door : doors) {
            door.close();
        }
    }
}
