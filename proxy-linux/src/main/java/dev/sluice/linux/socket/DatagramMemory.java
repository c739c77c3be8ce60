// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.socket;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.libc.DatagramCalls;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The memory of a {@link DatagramBatch}: for each place a {@code struct mmsghdr} to receive and one to send, with a
 * vector of one part and a control message each, an address, and the datagram itself.
 */
final class DatagramMemory {
    /** No datagram is larger: 65,535 bytes with the headers, or in IPv6 without the first one. */
    static final int LARGEST = 1 << 16;
    /** Places that are a power of two apart would share few lines of the processor's caches. */
    private static final int STRIDE = LARGEST + 320;

    private static final short AF_INET = 2;
    private static final short AF_INET6 = 10;
    static final int SIZE_4 = 16;
    static final int SIZE_6 = 28;

    /** Of struct mmsghdr, in 64-bit systems. */
    private static final int NAME = 0;

    private static final int NAME_SIZE = 8;
    private static final int VECTOR = 16;
    private static final int VECTOR_LENGTH = 24;
    private static final int CONTROL = 32;
    private static final int CONTROL_SIZE = 40;
    private static final int SIZE = 56;
    /** Of struct iovec. */
    private static final int LENGTH = 8;
    /** Of struct cmsghdr. */
    private static final int LEVEL = 8;

    private static final int TYPE = 12;
    private static final int VALUE = 16;
    /** For two messages of a whole number each. */
    private static final int CONTROL_ROOM = 64;

    private static final int PER_PLACE = 2 * (DatagramCalls.HEADER + 16 + CONTROL_ROOM) + 32;
    private static final boolean SWAPPED = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;

    private final int places;
    final DatagramCalls calls;
    private final ByteBuffer memory;

    DatagramMemory(int places) {
        this.places = places;
        calls = new DatagramCalls(places * (PER_PLACE + STRIDE));
        memory = calls.memory();
        for (int i = 0; i < places * PER_PLACE; i++) {
            memory.put(i, (byte) 0);
        }
        for (int place = 0; place < places; place++) {
            int header = receiving(place);
            putHeader(header, place, vector(place), 1, 0);
            memory.putLong(header + CONTROL, calls.pointer(control(place)));
            putVector(vector(place), data(place), LARGEST);
            int segment = control(places + place);
            memory.putLong(segment, VALUE + Short.BYTES)
                    .putInt(segment + LEVEL, DatagramSockets.SOL_UDP)
                    .putInt(segment + TYPE, DatagramSockets.UDP_SEGMENT);
        }
    }

    /** The header to receive into a place. */
    int receiving(int place) {
        return place * DatagramCalls.HEADER;
    }

    /** The header to send a message by. */
    int sending(int message) {
        return (places + message) * DatagramCalls.HEADER;
    }

    private int vector(int place) {
        return 2 * places * DatagramCalls.HEADER + place * 16;
    }

    private int control(int place) {
        return vector(2 * places) + place * CONTROL_ROOM;
    }

    private int name(int place) {
        return control(2 * places) + place * 32;
    }

    int data(int place) {
        return places * PER_PLACE + place * STRIDE;
    }

    /** Makes a place ready to receive. */
    void clear(int place) {
        memory.putInt(receiving(place) + NAME_SIZE, SIZE_6).putLong(receiving(place) + CONTROL_SIZE, CONTROL_ROOM);
    }

    int size(int place) {
        return memory.getInt(receiving(place) + SIZE);
    }

    boolean isV4(int place) {
        return memory.getShort(name(place)) == AF_INET;
    }

    long high(int place) {
        return isV4(place) ? 0 : bigEndian(memory.getLong(name(place) + 8));
    }

    long low(int place) {
        return isV4(place)
                ? bigEndian(memory.getInt(name(place) + 4)) & 0xffff_ffffL
                : bigEndian(memory.getLong(name(place) + 16));
    }

    int port(int place) {
        return bigEndian(memory.getShort(name(place) + 2)) & 0xffff;
    }

    int scope(int place) {
        return isV4(place) ? 0 : memory.getInt(name(place) + 24);
    }

    void putAddress(int place, IpFamily family, long high, long low, int port, int scope) {
        int name = name(place);
        boolean v4 = family == IpFamily.IPV4;
        memory.putShort(name, v4 ? AF_INET : AF_INET6).putShort(name + 2, bigEndian((short) port));
        if (v4) {
            memory.putInt(name + 4, bigEndian((int) low)).putLong(name + 8, 0);
        } else {
            memory.putInt(name + 4, 0)
                    .putLong(name + 8, bigEndian(high))
                    .putLong(name + 16, bigEndian(low))
                    .putInt(name + 24, scope);
        }
    }

    /** The value of a control message that came with the datagram of {@code place}, or -1. */
    int control(int place, int level, int type) {
        int at = control(place);
        int end = at + (int) memory.getLong(receiving(place) + CONTROL_SIZE);
        while (at + VALUE + Integer.BYTES <= end) {
            if (memory.getInt(at + LEVEL) == level && memory.getInt(at + TYPE) == type) {
                return memory.getInt(at + VALUE);
            }
            at += (int) (memory.getLong(at) + 7) & -8;
        }
        return -1;
    }

    /** The size of the address that a message is sent to. */
    int addressSize(int message) {
        return memory.getInt(sending(message) + NAME_SIZE);
    }

    /**
     * Has a message consist of {@code count} places from {@code first} on.
     *
     * @param addressSize 0 for the peer of a connected socket
     * @param segment of each datagram but the last one, 0 for a single one
     */
    void putMessage(int message, int first, int count, int addressSize, int segment) {
        for (int place = first; place < first + count; place++) {
            putVector(vector(places + place), data(place), size(place));
        }
        int header = sending(message);
        int control = control(places + message);
        memory.putShort(control + VALUE, (short) segment);
        // the vectors of successive places follow each other: together they are one
        putHeader(header, first, vector(places + first), count, addressSize);
        memory.putLong(header + CONTROL, calls.pointer(control))
                .putLong(header + CONTROL_SIZE, segment == 0 ? 0 : VALUE + Long.BYTES);
    }

    /** Has a message consist of {@code size} bytes of a place, from the byte {@code from} on. */
    void putPiece(int message, int place, int addressee, int from, int size, int addressSize) {
        putVector(vector(places + place), data(place) + from, size);
        putHeader(sending(message), addressee, vector(places + place), 1, addressSize);
        memory.putLong(sending(message) + CONTROL_SIZE, 0);
    }

    private void putHeader(int header, int addressee, int vector, int count, int addressSize) {
        memory.putLong(header + NAME, calls.pointer(name(addressee)))
                .putInt(header + NAME_SIZE, addressSize)
                .putLong(header + VECTOR, calls.pointer(vector))
                .putLong(header + VECTOR_LENGTH, count);
    }

    private void putVector(int vector, int data, int size) {
        memory.putLong(vector, calls.pointer(data)).putLong(vector + LENGTH, size);
    }

    private static short bigEndian(short value) {
        return SWAPPED ? Short.reverseBytes(value) : value;
    }

    private static int bigEndian(int value) {
        return SWAPPED ? Integer.reverseBytes(value) : value;
    }

    private static long bigEndian(long value) {
        return SWAPPED ? Long.reverseBytes(value) : value;
    }
}
