// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.net.IpFamily;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DatagramChannelsTest {
    private static final int WHOLE = 8 * DatagramChannels.LARGEST;

    private final EventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());

    @AfterEach
    void end() throws InterruptedException {
        loops.shutdownGracefully(0, 10, java.util.concurrent.TimeUnit.SECONDS).sync();
        Buffers.assertNoneInUse();
    }

    @Test
    void onlySmallDatagramsThatHaveToWaitAreCopied() throws Exception {
        EpollDatagramChannel channel = DatagramChannels.newChannel(IpFamily.IPV4);
        loops.register(channel).sync();
        channel.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), 9))
                .sync();
        try {
            channel.eventLoop().submit(() -> fitIn(channel)).sync();
        } finally {
            channel.close().sync();
        }
    }

    private static void fitIn(EpollDatagramChannel channel) {
        ByteBuf first = received(100);
        assertThat(DatagramChannels.fit(channel, first)).isSameAs(first);
        var _ = channel.write(first);

        ByteBuf second = received(100);
        ByteBuf fitting = DatagramChannels.fit(channel, second);
        assertThat(fitting).isNotSameAs(second);
        assertThat(fitting.capacity()).isLessThan(1 << 10);
        assertThat(fitting.readableBytes()).isEqualTo(100);
        assertThat(fitting.getByte(99)).isEqualTo((byte) 99);
        assertThat(second.refCnt()).isZero();
        fitting.release();

        ByteBuf large = received(DatagramChannels.LARGEST - 100);
        assertThat(DatagramChannels.fit(channel, large)).isSameAs(large);
        large.release();
    }

    private static ByteBuf received(int size) {
        ByteBuf data = PooledByteBufAllocator.DEFAULT.directBuffer(WHOLE);
        for (int i = 0; i < size; i++) {
            data.writeByte(i);
        }
        return data;
    }
}
