// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.linux.netlink.MessageWriter;
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
    // bytes one by one: the first compiler does not inline handles of views
    private static final boolean LITTLE = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;

    final byte[] bytes;
    private int hash; // 0 before it is needed

    private Words(byte[] bytes) {
        this.bytes = bytes;
    }

    /** Neighbouring addresses and numbers must not collide, as they do by thousands in a sum of bytes times 31. */
    static int hash(byte[] bytes, int from, int to) {
        int hash = to - from;
        for (int i = from; i < to; i++) {
            hash = (hash ^ bytes[i]) * 0x01000193; // FNV-1a
        }
        hash ^= hash >>> 15;
        return hash == 0 ? 1 : hash;
    }

    /** Bytes as they are. */
    public static Words of(byte[] bytes) {
        return new Words(bytes.clone());
    }

    /** The {@code length} bytes from {@code offset} on. */
    static Words of(byte[] bytes, int offset, int length) {
        return new Words(Arrays.copyOfRange(bytes, offset, offset + length));
    }

    /** A number of 4 bytes in the machine's order, as marks and indexes are kept. */
    public static Words number(int value) {
        return new Builder().number(value).build();
    }

    /** Writes the fields of a concatenation, one behind the other. */
    public static final class Builder {
        byte[] bytes = new byte[24];
        int size;

        /** Begins anew. */
        public Builder clear() {
            Arrays.fill(bytes, 0, size, (byte) 0);
            size = 0;
            return this;
        }

        public Builder address(IpAddress address) {
            if (address.family() == IpFamily.IPV4) {
                bigEndian((int) address.low());
                return this;
            }
            bigEndian((int) (address.high() >>> Integer.SIZE));
            bigEndian((int) address.high());
            bigEndian((int) (address.low() >>> Integer.SIZE));
            bigEndian((int) address.low());
            return this;
        }

        public Builder protocol(Protocol protocol) {
            return protocol(protocol.number());
        }

        /** A protocol by its number, 0 to 255. */
        public Builder protocol(int number) {
            room(REGISTER);
            bytes[size] = (byte) number;
            size += REGISTER;
            return this;
        }

        public Builder port(int port) {
            room(REGISTER);
            bytes[size] = (byte) (port >>> 8);
            bytes[size + 1] = (byte) port;
            size += REGISTER;
            return this;
        }

        /** A number in the machine's order. */
        public Builder number(int value) {
            bigEndian(LITTLE ? Integer.reverseBytes(value) : value);
            return this;
        }

        private void bigEndian(int value) {
            room(REGISTER);
            bytes[size] = (byte) (value >>> 24);
            bytes[size + 1] = (byte) (value >>> 16);
            bytes[size + 2] = (byte) (value >>> 8);
            bytes[size + 3] = (byte) value;
            size += REGISTER;
        }

        private void room(int more) {
            if (size + more > bytes.length) {
                bytes = Arrays.copyOf(bytes, 2 * bytes.length + more);
            }
        }

        public Words build() {
            return new Words(Arrays.copyOf(bytes, size));
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
        int number = (bytes[offset] & 0xff) << 24
                | (bytes[offset + 1] & 0xff) << 16
                | (bytes[offset + 2] & 0xff) << 8
                | bytes[offset + 3] & 0xff;
        return LITTLE ? Integer.reverseBytes(number) : number;
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

    /** The bytes from {@code from} to before {@code to}. */
    public Words part(int from, int to) {
        return new Words(Arrays.copyOfRange(bytes, from, to));
    }

    /** Compares the bytes from {@code from} to before {@code to} with those of another, as unsigned numbers. */
    int comparePart(Words other, int from, int to) {
        return Arrays.compareUnsigned(bytes, from, to, other.bytes, from, to);
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
        return other instanceof Words words && Arrays.equals(bytes, words.bytes);
    }

    @Override
    public int hashCode() {
        if (hash == 0) {
            hash = hash(bytes, 0, bytes.length);
        }
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
