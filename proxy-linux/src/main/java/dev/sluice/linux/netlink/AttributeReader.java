// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.netlink;

import dev.sluice.core.net.IpAddress;
import dev.sluice.linux.Errno;
import dev.sluice.linux.NetlinkException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Reads attributes: {@code while (next()) switch (type()) ...}. A malformed attribute does not throw: it reads as zero,
 * ends the loop, and is reported by {@link #check}, also when a nested reader found it.
 */
public final class AttributeReader {
    private final ByteBuffer bytes;
    private final Fault fault;
    private int next;
    private int type;
    private ByteBuffer value;

    private AttributeReader(ByteBuffer bytes, Fault fault) {
        this.bytes = bytes;
        this.fault = fault;
        this.value = bytes.slice(0, 0);
    }

    static AttributeReader of(ByteBuffer payload, int headerLength) {
        int from = Math.min(Netlink.align(headerLength), payload.limit());
        AttributeReader reader = new AttributeReader(slice(payload, from, payload.limit() - from), new Fault());
        if (payload.limit() < headerLength) {
            reader.fail("a message of " + payload.limit() + " bytes is shorter than its header of " + headerLength);
        }
        return reader;
    }

    /** The attributes from byte {@code from} to before {@code to}. */
    public static AttributeReader of(byte[] bytes, int from, int to) {
        return new AttributeReader(slice(ByteBuffer.wrap(bytes), from, to - from), new Fault());
    }

    private static ByteBuffer slice(ByteBuffer buffer, int from, int length) {
        return buffer.slice(from, length).order(ByteOrder.nativeOrder());
    }

    /** Moves to the next attribute; false at the end, or after a fault. */
    public boolean next() {
        int left = bytes.limit() - next;
        if (fault.text != null || left < 4) {
            return false;
        }
        int length = bytes.getShort(next) & 0xffff;
        if (length < 4 || length > left) {
            fail("attribute at byte " + next + " claims " + length + " of " + left + " bytes");
            return false;
        }
        type = bytes.getShort(next + 2) & Netlink.NLA_TYPE_MASK;
        value = slice(bytes, next + 4, length - 4);
        next = Math.min(next + Netlink.align(length), bytes.limit());
        return true;
    }

    /** The current attribute's type without its flags. */
    public int type() {
        return type;
    }

    /** The length of the current attribute's value in bytes. */
    public int length() {
        return value.limit();
    }

    public int u8() {
        return holds(1) ? value.get(0) & 0xff : 0;
    }

    public int u16() {
        return holds(2) ? value.getShort(0) & 0xffff : 0;
    }

    public int u16BigEndian() {
        return holds(2) ? bigEndian().getShort(0) & 0xffff : 0;
    }

    /** A 32-bit number as the kernel wrote it, signed. */
    public int s32() {
        return holds(4) ? value.getInt(0) : 0;
    }

    public long u32() {
        return s32() & 0xffff_ffffL;
    }

    public long u32BigEndian() {
        return holds(4) ? bigEndian().getInt(0) & 0xffff_ffffL : 0;
    }

    /** The bits of a 64-bit number. */
    public long u64() {
        return holds(8) ? value.getLong(0) : 0;
    }

    public long u64BigEndian() {
        return holds(8) ? bigEndian().getLong(0) : 0;
    }

    /** The text up to the first NUL or the end. */
    public String string() {
        byte[] text = bytes();
        int length = 0;
        while (length < text.length && text[length] != 0) {
            length++;
        }
        return new String(text, 0, length, StandardCharsets.UTF_8);
    }

    public byte[] bytes() {
        byte[] copy = new byte[value.limit()];
        value.get(0, copy);
        return copy;
    }

    /** An address of 4 or 16 bytes, by the value's length. */
    public IpAddress address() {
        int length = value.limit();
        if (length != 4 && length != 16) {
            fail("attribute " + type + " has " + length + " bytes, which is no address");
            return IpAddress.of(new byte[4]);
        }
        return IpAddress.of(bytes());
    }

    /** The attributes inside the current one; a fault there is a fault here. */
    public AttributeReader nested() {
        return new AttributeReader(value, fault);
    }

    /** @throws NetlinkException EBADMSG when any attribute so far was malformed */
    public void check(Object operation) throws NetlinkException {
        if (fault.text != null) {
            throw NetlinkException.remarked(operation.toString(), Errno.EBADMSG, fault.text);
        }
    }

    private ByteBuffer bigEndian() {
        return value.duplicate().order(ByteOrder.BIG_ENDIAN);
    }

    private boolean holds(int length) {
        if (value.limit() < length) {
            fail("attribute " + type + " has " + value.limit() + " bytes, not " + length);
            return false;
        }
        return true;
    }

    private void fail(String text) {
        if (fault.text == null) {
            fault.text = text;
        }
    }

    /** The first fault of a message. */
    private static final class Fault {
        private @Nullable String text;
    }
}
