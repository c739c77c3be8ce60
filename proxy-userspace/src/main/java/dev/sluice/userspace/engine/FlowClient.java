// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.SocketAddress;
import dev.sluice.linux.socket.DatagramBatch;
import org.jspecify.annotations.Nullable;

/** A client's address and port: the key of its flow. One instance is filled again and again to look flows up. */
final class FlowClient {
    private long high;
    private long low;
    private int port;
    /** Not part of the key. */
    private int scope;

    /** Takes the sender of a datagram. */
    void set(DatagramBatch batch, int place) {
        high = batch.senderHigh(place);
        low = batch.senderLow(place);
        port = batch.senderPort(place);
        scope = batch.senderScope(place);
    }

    FlowClient copy() {
        FlowClient copy = new FlowClient();
        copy.high = high;
        copy.low = low;
        copy.port = port;
        copy.scope = scope;
        return copy;
    }

    IpAddress address(IpFamily family) {
        return new IpAddress(family, high, low);
    }

    SocketAddress socketAddress(IpFamily family) {
        return new SocketAddress(address(family), port);
    }

    /**
     * Queues a datagram or a run of {@code count} places for it.
     *
     * @return the number in the queue
     */
    int queue(DatagramBatch batch, int first, int count, IpFamily family) {
        return batch.queue(first, count, family, high, low, port, scope);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof FlowClient client && high == client.high && low == client.low && port == client.port;
    }

    @Override
    public int hashCode() {
        return 31 * (31 * Long.hashCode(high) + Long.hashCode(low)) + port;
    }
}
