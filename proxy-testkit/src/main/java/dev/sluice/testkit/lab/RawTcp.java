// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.lab;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;

/** Sends TCP segments that belong to no connection of the sender. */
public final class RawTcp {
    private static final int HEADER = 20;
    private static final byte ACK = 0x10;

    private RawTcp() {}

    /**
     * Sends two segments with {@code ACK} set, half the sequence space apart. Connection tracking takes the one behind
     * for an old duplicate, and the one ahead for invalid.
     */
    public static void sendStray(LabHost host, IpAddress from, int fromPort, IpAddress to, int toPort)
            throws IOException {
        try (NativeSocket socket = NativeSocket.raw(host, from.family(), NativeSocket.TCP)) {
            socket.bind(from, 0);
            socket.connect(to, 0, Duration.ofSeconds(1));
            socket.send(segment(0x1f00_0000, from, fromPort, to, toPort));
            socket.send(segment(0x9f00_0000, from, fromPort, to, toPort));
        }
    }

    private static byte[] segment(int sequence, IpAddress from, int fromPort, IpAddress to, int toPort) {
        byte[] segment = ByteBuffer.allocate(HEADER)
                .putShort((short) fromPort)
                .putShort((short) toPort)
                .putInt(sequence)
                .putInt(0x1f00_0000)
                .put((byte) (HEADER / 4 << 4))
                .put(ACK)
                .putShort((short) 64)
                .array();
        int sum = Checksum.of(pseudoHeader(from, to), segment);
        segment[16] = (byte) (sum >> 8);
        segment[17] = (byte) sum;
        return segment;
    }

    private static byte[] pseudoHeader(IpAddress from, IpAddress to) {
        byte[] source = from.toInetAddress().getAddress();
        byte[] target = to.toInetAddress().getAddress();
        ByteBuffer header = ByteBuffer.allocate(2 * source.length + (from.family() == IpFamily.IPV4 ? 4 : 8));
        header.put(source).put(target);
        if (from.family() == IpFamily.IPV4) {
            header.put((byte) 0).put((byte) NativeSocket.TCP).putShort((short) HEADER);
        } else {
            header.putInt(HEADER).putInt(NativeSocket.TCP);
        }
        return header.array();
    }
}
