// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.netlink;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * A classic BPF program (linux/filter.h) that drops datagrams by the port of their sender. All messages of a datagram
 * have the same sender.
 */
final class SenderFilter {
    private static final int PORT_OFFSET = 12;
    private static final short LOAD_WORD = 0x20; // BPF_LD | BPF_W | BPF_ABS
    private static final short JUMP_IF_EQUAL = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
    private static final short RETURN = 0x06; // BPF_RET | BPF_K
    private static final int KEEP_ALL = -1;

    private SenderFilter() {}

    static ByteBuffer program(List<Integer> ports) {
        ByteBuffer program = NetlinkChannel.direct(8 * (ports.size() + 3));
        instruction(program, LOAD_WORD, 0, PORT_OFFSET);
        for (int i = 0; i < ports.size(); i++) {
            // the load reads network order, the header is in the machine's
            int port =
                    ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN ? ports.get(i) : Integer.reverseBytes(ports.get(i));
            instruction(program, JUMP_IF_EQUAL, ports.size() - i, port);
        }
        instruction(program, RETURN, 0, KEEP_ALL);
        instruction(program, RETURN, 0, 0);
        return program.flip();
    }

    private static void instruction(ByteBuffer program, short code, int ifTrue, int operand) {
        program.putShort(code).put((byte) ifTrue).put((byte) 0).putInt(operand);
    }
}
