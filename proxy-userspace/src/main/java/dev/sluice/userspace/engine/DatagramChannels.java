// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import dev.sluice.core.net.IpFamily;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.socket.SocketProtocolFamily;

/** Creates the channels of both kinds of UDP sockets, and chooses the buffers that they send. */
final class DatagramChannels {
    static final int LARGEST = 1 << 16;
    private static final int SMALL = 4 << 10;

    private DatagramChannels() {}

    static EpollDatagramChannel newChannel(IpFamily family) {
        EpollDatagramChannel channel = new EpollDatagramChannel(
                family == IpFamily.IPV4 ? SocketProtocolFamily.INET : SocketProtocolFamily.INET6);
        channel.config().setAllocator(PooledByteBufAllocator.DEFAULT);
        channel.config().setRecvByteBufAllocator(new FixedRecvByteBufAllocator(LARGEST));
        return channel;
    }

    /**
     * The buffer to write to {@code to} for {@code data}. A small datagram that has to queue is copied into a buffer of
     * its size: where the network is slower than the senders, very many would queue, each in a buffer of half a
     * megabyte.
     */
    static ByteBuf fit(EpollDatagramChannel to, ByteBuf data) {
        ChannelOutboundBuffer waiting = to.unsafe().outboundBuffer();
        if (waiting == null || waiting.totalPendingWriteBytes() == 0 || data.readableBytes() > SMALL) {
            return data;
        }
        ByteBuf copy = to.alloc().directBuffer(data.readableBytes()).writeBytes(data);
        data.release();
        return copy;
    }
}
