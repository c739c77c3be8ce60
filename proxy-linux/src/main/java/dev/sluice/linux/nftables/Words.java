// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.Protocol;
import dev.sluice.linux.netlink.MessageWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * The bytes of one or more registers of 4 bytes, as keys and data of sets have them: each field of a concatenation
 * begins a register, and the rest of its last register is zero.
 */
public final class Words implements Value, Comparable<Words> {
    private static final int VALUE = 1;
    private static final int REGISTER = 4;

    private final byte[] bytes;
    private final int hash;

    private Words(byte[] bytes) {
        this.bytes = bytes;
        this.hash = Arrays.hashCode(bytes);
    }

    /** Bytes as they are. */
    public static Words of(byte[] bytes) {
        return new Words(bytes.clone());
    }

    /** A number of 4 bytes in the machine's order, as marks and indexes are kept. */
    public static Words number(int value) {
        return new Builder().number(value).build();
    }

    /** Writes the fields of a concatenation, one behind the other. */
    public static final class Builder {
        private final ByteBuffer out = ByteBuffer.allocate(64).order(ByteOrder.nativeOrder());

        public Builder address(IpAddress address) {
            out.put(address.bytes());
            return this;
        }

        public Builder protocol(Protocol protocol) {
            out.put((byte) protocol.number());
            return pad();
        }

        public Builder port(int port) {
            out.put((byte) (port >>> 8)).put((byte) port);
            return pad();
        }

        /** A number in the machine's order. */
        public Builder number(int value) {
            out.putInt(value);
            return this;
        }

        private Builder pad() {
            out.position(out.position() + REGISTER - 1 & -REGISTER);
            return this;
        }

        public Words build() {
            return new Words(Arrays.copyOf(out.array(), out.position()));
        }
    }

    public int length() {
        return bytes.length;
    }

    public byte[] bytes() {
        return bytes.clone();
    }

    /** The number in the machine's order that begins at byte {@code offset}. */
    public int numberAt(int offset) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder()).getInt(offset);
    }

    /** The port that begins at byte {@code offset}. */
    public int portAt(int offset) {
        return (bytes[offset] & 0xff) << 8 | bytes[offset + 1] & 0xff;
    }

    /** The address of {@code length} bytes that begins at byte {@code offset}. */
    public IpAddress addressAt(int offset, int length) {
        return IpAddress.of(Arrays.copyOfRange(bytes, offset, offset + length));
    }

    /** The byte at {@code offset}, 0 to 255. */
    public int byteAt(int offset) {
        return bytes[offset] & 0xff;
    }

    @Override
    public void write(MessageWriter out) {
        out.bytes(VALUE, bytes);
    }

    @Override
    public int compareTo(Words other) {
        return Arrays.compareUnsigned(bytes, other.bytes);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Words words && hash == words.hash && Arrays.equals(bytes, words.bytes);
    }

    @Override
    public int hashCode() {
        return hash;
    }

    /** The registers in hexadecimal, e.g. {@code 0a600001.06000000.00500000}. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(bytes.length * 2 + bytes.length / REGISTER);
        for (int from = 0; from < bytes.length; from += REGISTER) {
            text.append(from == 0 ? "" : ".");
            text.append(HexFormat.of().formatHex(bytes, from, Math.min(from + REGISTER, bytes.length)));
        }
        return text.toString();
    }
}
