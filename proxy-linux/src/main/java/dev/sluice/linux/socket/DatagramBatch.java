// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.socket;

import dev.sluice.linux.libc.Linux;

/**
 * Places for datagrams, each with the address of its peer, that are received and sent several at a time. A datagram is
 * sent from where it was received; nothing is allocated or copied. For use by one thread at a time.
 *
 * <p>Successive datagrams of one sender and size, of which the last one may be smaller, are a run: they can pass
 * through this host as one message, which is cut up where it leaves it (UDP_SEGMENT, udp(7)). A place may hold a run
 * that has come as one, if the socket allows it ({@link DatagramSockets#coalesce}).
 *
 * <p>Calls that return an {@code int} return a negative error number when they fail.
 */
public final class DatagramBatch {
    /** The most that one message may have in IPv4, and IPv6. */
    private static final int LARGEST_RUN = 65_507;

    private final int places;
    private final DatagramMemory memory;
    private int queued;

    /** Opens {@code places} places; memory is taken as they are used. */
    public DatagramBatch(int places) {
        this.places = places;
        memory = new DatagramMemory(places);
    }

    public int places() {
        return places;
    }

    /**
     * Receives up to {@code count} datagrams into the places from {@code first} on; returns how many, or EAGAIN when
     * none waits. A pending error of the socket is returned, and taken, before the datagrams that wait.
     */
    public int receive(int socket, int first, int count) {
        for (int place = first; place < first + count; place++) {
            memory.clear(place);
        }
        int received = memory.calls.recvmmsg(socket, memory.receiving(first), count);
        for (int place = first; place < first + received; place++) {
            memory.read(place);
        }
        return received;
    }

    /** The bytes of the datagram that was received into {@code place}. */
    public int size(int place) {
        return memory.size(place);
    }

    /** Has {@code peer} be the sender of the datagram of {@code place}. */
    public void sender(int place, DatagramPeer peer) {
        memory.sender(place, peer);
    }

    /**
     * How many more routers the datagram of {@code place} might have passed, or -1 when its socket does not report that
     * ({@link DatagramSockets#reportHops}).
     */
    public int hopsLeft(int place) {
        return memory.isV4(place)
                ? memory.control(place, Linux.SOL_IP, DatagramSockets.IP_TTL)
                : memory.control(place, Linux.SOL_IPV6, DatagramSockets.IPV6_HOPLIMIT);
    }

    /** How many places from {@code first} on, and before {@code end}, hold one run. */
    public int run(int first, int end) {
        int place = first + 1;
        if (place >= end || !memory.isSameSender(place, first)) {
            return 1;
        }
        int size = size(first);
        if (size == 0 || memory.segment(first) != 0) {
            return 1;
        }
        int sum = size;
        while (place < end && follows(first, place, size, sum)) {
            sum += size(place);
            place++;
            if (size(place - 1) < size) {
                break;
            }
        }
        return place - first;
    }

    private boolean follows(int first, int place, int size, int sum) {
        int next = size(place);
        return next > 0
                && next <= size
                && sum + next <= LARGEST_RUN
                && memory.isSameSender(place, first)
                && memory.segment(place) == 0;
    }

    /** The bytes of {@code count} places from {@code first} on. */
    public int size(int first, int count) {
        int sum = 0;
        for (int place = first; place < first + count; place++) {
            sum += size(place);
        }
        return sum;
    }

    /** Whether {@code count} places from {@code first} on are one message of several datagrams. */
    public boolean isRun(int first, int count) {
        return count > 1 || memory.segment(first) != 0;
    }

    /** Sends the datagram of {@code place} to the peer of a connected socket. */
    public int send(int socket, int place) {
        return memory.calls.send(socket, memory.data(place), size(place));
    }

    /**
     * Sends a run to the peer of a connected socket. The kernel refuses it where the way out cannot cut it up (EIO), or
     * where a datagram needs fragments (EINVAL): {@link #sendApart} sends it then.
     */
    public int sendRun(int socket, int first, int count) {
        put(0, first, count, 0);
        return memory.calls.sendmmsg(socket, memory.sending(0), 1);
    }

    /**
     * Addresses a datagram or a run of {@code count} places from {@code first} on, and queues it for {@link
     * #sendQueued}.
     *
     * @return its number in the queue
     */
    public int queue(int first, int count, DatagramPeer to) {
        memory.putAddress(first, to);
        put(queued, first, count, to.isV4() ? DatagramMemory.SIZE_4 : DatagramMemory.SIZE_6);
        return queued++;
    }

    private void put(int message, int first, int count, int addressSize) {
        memory.putMessage(message, first, count, addressSize, count > 1 ? size(first) : memory.segment(first));
    }

    /** How many messages are queued. */
    public int queued() {
        return queued;
    }

    /** Sends the queued messages from number {@code first} on; returns how many. The queue stays. */
    public int sendQueued(int socket, int first) {
        return memory.calls.sendmmsg(socket, memory.sending(first), queued - first);
    }

    public void clearQueue() {
        queued = 0;
    }

    /**
     * Sends each datagram of a run by itself.
     *
     * @param message the number of the queued message, whose address counts and whose header is used up; or, to the
     *     peer of a connected socket, -1
     * @return how many were sent
     */
    public int sendApart(int socket, int first, int count, int message) {
        int addressSize = message < 0 ? 0 : memory.addressSize(message);
        int header = Math.max(message, 0);
        int sent = 0;
        for (int place = first; place < first + count; place++) {
            int segment = memory.segment(place);
            int step = segment == 0 ? Math.max(size(place), 1) : segment;
            for (int from = 0; from < size(place) || from == 0; from += step) {
                memory.putPiece(header, place, first, from, Math.min(step, size(place) - from), addressSize);
                sent += Math.max(memory.calls.sendmmsg(socket, memory.sending(header), 1), 0);
            }
        }
        return sent;
    }
}
