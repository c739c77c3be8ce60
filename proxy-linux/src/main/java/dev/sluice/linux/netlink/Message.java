// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.netlink;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A message from the kernel. It is a view of the socket's buffer: read it before the next call on the socket.
 *
 * @param payload what follows the netlink header, in the machine's byte order
 */
public record Message(int type, int flags, int sequence, int port, ByteBuffer payload) {

    /** The attributes behind a fixed header of {@code headerLength} bytes. */
    public AttributeReader attributes(int headerLength) {
        return AttributeReader.of(payload, headerLength);
    }

    /** The byte at {@code offset} of the fixed header. */
    public int u8(int offset) {
        return offset < payload.limit() ? payload.get(offset) & 0xff : 0;
    }

    /** The 16-bit number at {@code offset} of the fixed header. */
    public int u16(int offset) {
        return offset + 2 <= payload.limit() ? payload.getShort(offset) & 0xffff : 0;
    }

    /** The 32-bit number at {@code offset} of the fixed header; 0 when the message ends before it. */
    public int u32(int offset) {
        return offset + 4 <= payload.limit() ? payload.getInt(offset) : 0;
    }

    boolean has(int flag) {
        return (flags & flag) != 0;
    }

    /** The error number of an acknowledgement or of the end of a dump: 0, or positive. */
    int errno() {
        return Math.abs(u32(0));
    }

    /** The next message of {@code datagram}; one of type NOOP when the rest is malformed. */
    static Message next(ByteBuffer datagram) {
        int start = datagram.position();
        int length = datagram.remaining() >= Netlink.HEADER ? datagram.getInt(start) : 0;
        if (length < Netlink.HEADER || length > datagram.remaining()) {
            datagram.position(datagram.limit());
            return new Message(Netlink.NLMSG_NOOP, 0, 0, 0, ByteBuffer.allocate(0));
        }
        Message message = new Message(
                datagram.getShort(start + 4) & 0xffff,
                datagram.getShort(start + 6) & 0xffff,
                datagram.getInt(start + 8),
                datagram.getInt(start + 12),
                datagram.slice(start + Netlink.HEADER, length - Netlink.HEADER).order(ByteOrder.nativeOrder()));
        datagram.position(Math.min(start + Netlink.align(length), datagram.limit()));
        return message;
    }
}
