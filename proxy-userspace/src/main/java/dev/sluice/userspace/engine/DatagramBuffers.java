// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import dev.sluice.linux.socket.DatagramBatch;
import io.netty.channel.EventLoop;
import org.jspecify.annotations.Nullable;

/**
 * The datagrams that one event loop has in its hands. Those of clients are sent on one by one, each by the socket of
 * its flow; those of endpoints wait until the end of the round, or until there are many, and leave by one call.
 */
final class DatagramBuffers {
    /** Memory of a batch is below 2 MiB, so that it holds no huge page, which would be taken as a whole. */
    static final int PLACES = 16;

    private final EventLoop loop;
    private final EngineAdders counters;
    /** What a {@link UdpSocket} receives. */
    final DatagramBatch requests = new DatagramBatch(PLACES);

    private final DatagramBatch replies = new DatagramBatch(PLACES);
    /** Of each queued message: the place where it begins, how many it takes, and its flow. */
    private final int[] firsts = new int[PLACES];

    private final int[] counts = new int[PLACES];
    private final UdpFlow[] flows = new UdpFlow[PLACES];
    private final Runnable atEndOfRound = this::flushScheduled;
    private @Nullable UdpSocket sender;
    private int waiting;
    private boolean scheduled;
    private long roundBegan;

    DatagramBuffers(EventLoop loop, EngineAdders counters) {
        this.loop = loop;
        this.counters = counters;
    }

    /**
     * Receives what an endpoint has sent, and queues it for the client of its flow.
     *
     * @param from the socket of the flow
     * @param most how many datagrams to receive at most
     * @return how many were received, or a negative error number
     */
    int receiveReplies(int from, UdpFlow flow, int most) {
        if (sender != flow.socket() || waiting == PLACES) {
            flush();
            sender = flow.socket();
        }
        int count = replies.receive(from, waiting, Math.min(most, PLACES - waiting));
        if (count <= 0) {
            return count;
        }
        queue(flow, waiting, waiting + count);
        long bytes = replies.size(waiting, count);
        waiting += count;
        counters.toClients.add(bytes);
        flow.balancer().counters().bytesOut().add(bytes);
        if (!scheduled) {
            scheduled = true;
            roundBegan = System.nanoTime();
            loop.execute(atEndOfRound);
        }
        return count;
    }

    /** When the first reply of the present round was received, of {@link System#nanoTime}. */
    long roundBegan() {
        return roundBegan;
    }

    private void queue(UdpFlow flow, int first, int end) {
        int place = first;
        while (place < end) {
            int count = flow.isSentApart() ? 1 : replies.run(place, end);
            int message = replies.queue(place, count, flow.client());
            firsts[message] = place;
            counts[message] = count;
            flows[message] = flow;
            place += count;
        }
    }

    private void flushScheduled() {
        scheduled = false;
        flush();
    }

    /** What the kernel's buffer has no room for is dropped, as by any other host on the way. */
    private void flush() {
        UdpSocket by = sender;
        int count = replies.queued();
        int sent = 0;
        while (by != null && sent < count) {
            int more = by.sendQueued(replies, sent);
            if (more > 0) {
                sent += more;
            } else {
                sendApart(by, sent, -more);
                sent++;
            }
        }
        replies.clearQueue();
        waiting = 0;
    }

    private void sendApart(UdpSocket by, int message, int error) {
        boolean isRun = replies.isRun(firsts[message], counts[message]);
        int sent = isRun && flows[message].sendsApartAfter(error)
                ? by.sendApart(replies, firsts[message], counts[message], message)
                : 0;
        counters.dropped.add(Math.max(counts[message] - sent, 0));
    }
}
