// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.netlink;

import dev.sluice.core.net.IpAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Writes messages back to back into one buffer, which grows. Numbers are in the machine's byte order unless a method's
 * name ends in {@code BigEndian}. Lengths are filled in when a message or a nested attribute ends.
 */
public final class MessageWriter {
    private static final byte[] PADDING = new byte[4];

    private ByteBuffer buffer;
    private int messageStart;

    MessageWriter(int capacity) {
        buffer = allocate(capacity);
    }

    private static ByteBuffer allocate(int capacity) {
        return ByteBuffer.allocateDirect(capacity).order(ByteOrder.nativeOrder());
    }

    void clear() {
        buffer.clear();
    }

    int size() {
        return buffer.position();
    }

    /** What was written; the view is good until the next write. */
    ByteBuffer written() {
        return buffer.duplicate().order(ByteOrder.nativeOrder()).flip();
    }

    void write(NetlinkRequest request, int sequence, int extraFlags) {
        messageStart = buffer.position();
        int flags = request.flags() | Netlink.F_REQUEST | extraFlags;
        u32(0).u16(request.type()).u16(flags).u32(sequence).u32(0);
        request.body().write(this);
        buffer.putInt(messageStart, buffer.position() - messageStart);
        pad();
    }

    /** Adds a flag to the message that was written last. */
    void flagLast(int flag) {
        int at = messageStart + 6;
        buffer.putShort(at, (short) (buffer.getShort(at) | flag));
    }

    /** A byte of a fixed header. */
    public MessageWriter u8(int value) {
        room(1).put((byte) value);
        return this;
    }

    /** A 16-bit number of a fixed header. */
    public MessageWriter u16(int value) {
        room(2).putShort((short) value);
        return this;
    }

    /** A 16-bit number of a fixed header in network order. */
    public MessageWriter u16BigEndian(int value) {
        return u8(value >>> 8).u8(value);
    }

    /** A 32-bit number of a fixed header. */
    public MessageWriter u32(int value) {
        room(4).putInt(value);
        return this;
    }

    public MessageWriter u8(int type, int value) {
        return header(type, 1).u8(value).pad();
    }

    public MessageWriter u16(int type, int value) {
        return header(type, 2).u16(value).pad();
    }

    public MessageWriter u16BigEndian(int type, int value) {
        return header(type, 2).u16BigEndian(value).pad();
    }

    public MessageWriter u32(int type, int value) {
        return header(type, 4).u32(value);
    }

    public MessageWriter u32BigEndian(int type, int value) {
        return header(type, 4).u16BigEndian(value >>> 16).u16BigEndian(value);
    }

    public MessageWriter u64(int type, long value) {
        header(type, 8).room(8).putLong(value);
        return this;
    }

    public MessageWriter u64BigEndian(int type, long value) {
        return header(type, 8)
                .u16BigEndian((int) (value >>> 48))
                .u16BigEndian((int) (value >>> 32))
                .u16BigEndian((int) (value >>> 16))
                .u16BigEndian((int) value);
    }

    /** The bytes of {@code value} and a NUL. */
    public MessageWriter string(int type, String value) {
        byte[] text = value.getBytes(StandardCharsets.UTF_8);
        header(type, text.length + 1).room(text.length).put(text);
        return u8(0).pad();
    }

    public MessageWriter bytes(int type, byte[] value) {
        header(type, value.length).room(value.length).put(value);
        return pad();
    }

    /** The 4 or 16 bytes of an address. */
    public MessageWriter address(int type, IpAddress value) {
        return bytes(type, value.bytes());
    }

    /** An attribute without a value. */
    public MessageWriter flag(int type) {
        return header(type, 0);
    }

    /**
     * An attribute that holds what {@code content} writes. Set {@link Netlink#NLA_F_NESTED} where the protocol requires
     * it.
     */
    public MessageWriter nested(int type, Content content) {
        int start = buffer.position();
        header(type, 0);
        content.write(this);
        buffer.putShort(start, (short) (buffer.position() - start));
        return this;
    }

    private MessageWriter header(int type, int payloadLength) {
        return u16(4 + payloadLength).u16(type);
    }

    private MessageWriter pad() {
        int missing = -buffer.position() & 3;
        room(missing).put(PADDING, 0, missing);
        return this;
    }

    private ByteBuffer room(int bytes) {
        if (buffer.remaining() < bytes) {
            ByteBuffer larger = allocate(Math.max(buffer.capacity() * 2, buffer.position() + bytes));
            buffer = larger.put(buffer.flip());
        }
        return buffer;
    }

    /** Writes a part of a message. */
    @FunctionalInterface
    public interface Content {
        void write(MessageWriter out);
    }
}
