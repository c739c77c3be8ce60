// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.socket;

import dev.sluice.linux.libc.DatagramCalls;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

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
    /** Of struct sockaddr_in6, whose fields before are as long as in sockaddr_in. */
    private static final int HIGH = 8;

    private static final int LOW = 16;
    private static final int SCOPE = 24;
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
    /** Leaves the family and port of an IPv6 address. */
    private static final long WITHOUT_FLOW = SWAPPED ? 0xffff_ffffL : ~0xffff_ffffL;

    private static final int UNKNOWN = -1;

    private final int places;
    final DatagramCalls calls;
    private final ByteBuffer memory;

    // What the kernel has written for the datagram of a place: read once, since the first compiler of the JVM makes
    // four calls of each access to a direct buffer.
    private final int[] sizes;
    private final int[] segments;
    private final long[] heads;
    private final long[] highs;
    private final long[] lows;
    private final boolean[] written;

    // What the header of a message says already, and whether the vector of a place is that of all its bytes.
    private final int[] firsts;
    private final int[] counts;
    private final int[] addressSizes;
    private final int[] segmentsSent;
    private final boolean[] cutUp;

    DatagramMemory(int places) {
        this.places = places;
        calls = new DatagramCalls(places * (PER_PLACE + STRIDE));
        memory = calls.memory();
        sizes = new int[places];
        segments = new int[places];
        heads = new long[places];
        highs = new long[places];
        lows = new long[places];
        written = new boolean[places];
        firsts = new int[places];
        counts = new int[places];
        addressSizes = new int[places];
        segmentsSent = new int[places];
        cutUp = new boolean[places];
        Arrays.fill(written, true);
        Arrays.fill(firsts, UNKNOWN);
        for (int i = 0; i < places * PER_PLACE; i++) {
            memory.put(i, (byte) 0);
        }
        for (int place = 0; place < places; place++) {
            int header = receiving(place);
            putHeader(header, place, vector(place), 1, 0);
            memory.putLong(header + CONTROL, calls.pointer(control(place)));
            putVector(vector(place), data(place), LARGEST);
            putVector(vector(places + place), data(place), 0);
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
        if (written[place]) {
            written[place] = false;
            memory.putInt(receiving(place) + NAME_SIZE, SIZE_6).putLong(receiving(place) + CONTROL_SIZE, CONTROL_ROOM);
        }
    }

    /** Takes what the kernel has written for the datagram of a place. */
    void read(int place) {
        written[place] = true;
        sizes[place] = memory.getInt(receiving(place) + SIZE);
        int name = name(place);
        long head = memory.getLong(name);
        if (isV4(head)) {
            heads[place] = head;
            highs[place] = 0;
            lows[place] = 0;
        } else {
            heads[place] = head & WITHOUT_FLOW;
            highs[place] = memory.getLong(name + HIGH);
            lows[place] = memory.getLong(name + LOW);
        }
        int segment = control(place, DatagramSockets.SOL_UDP, DatagramSockets.UDP_GRO);
        segments[place] = segment > 0 && segment < sizes[place] ? segment : 0;
    }

    int size(int place) {
        return sizes[place];
    }

    /**
     * The size of each but the last datagram that has come as one run into {@code place}, or 0 when it is a single
     * one.
     */
    int segment(int place) {
        return segments[place];
    }

    boolean isV4(int place) {
        return isV4(heads[place]);
    }

    boolean isSameSender(int place, int other) {
        return heads[place] == heads[other] && lows[place] == lows[other] && highs[place] == highs[other];
    }

    void sender(int place, DatagramPeer peer) {
        peer.head = heads[place];
        peer.high = highs[place];
        peer.low = lows[place];
        peer.scope = isV4(place) ? 0 : memory.getInt(name(place) + SCOPE);
    }

    /** Whether an address of which these are the first 8 bytes, the family, the port and those of IPv4, is of IPv4. */
    static boolean isV4(long head) {
        return (short) (SWAPPED ? head : head >>> 48) == AF_INET;
    }

    static int portOf(long head) {
        return bigEndian((short) (SWAPPED ? head >>> 16 : head >>> 32)) & 0xffff;
    }

    /** The IPv4 address. */
    static long addressOf(long head) {
        return bigEndian((int) (SWAPPED ? head >>> 32 : head)) & 0xffff_ffffL;
    }

    void putAddress(int place, DatagramPeer peer) {
        int name = name(place);
        memory.putLong(name, peer.head);
        if (!peer.isV4()) {
            memory.putLong(name + HIGH, peer.high).putLong(name + LOW, peer.low).putInt(name + SCOPE, peer.scope);
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
        return addressSizes[message];
    }

    /**
     * Has a message consist of {@code count} places from {@code first} on.
     *
     * @param addressSize 0 for the peer of a connected socket
     * @param segment of each datagram but the last one, 0 for a single one
     */
    void putMessage(int message, int first, int count, int addressSize, int segment) {
        for (int place = first; place < first + count; place++) {
            int vector = vector(places + place);
            if (cutUp[place]) {
                cutUp[place] = false;
                putVector(vector, data(place), sizes[place]);
            } else {
                memory.putLong(vector + LENGTH, sizes[place]);
            }
        }
        if (firsts[message] == first
                && counts[message] == count
                && addressSizes[message] == addressSize
                && segmentsSent[message] == segment) {
            return;
        }
        firsts[message] = first;
        counts[message] = count;
        addressSizes[message] = addressSize;
        segmentsSent[message] = segment;
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
        cutUp[place] = true;
        firsts[message] = UNKNOWN;
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

    static short bigEndian(short value) {
        return SWAPPED ? Short.reverseBytes(value) : value;
    }

    private static int bigEndian(int value) {
        return SWAPPED ? Integer.reverseBytes(value) : value;
    }

    static long bigEndian(long value) {
        return SWAPPED ? Long.reverseBytes(value) : value;
    }
}
