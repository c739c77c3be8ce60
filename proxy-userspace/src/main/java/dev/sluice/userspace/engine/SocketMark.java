// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.epoll.EpollChannelConfig;
import io.netty.channel.unix.IntegerUnixChannelOption;

/** Marks what the sockets of Netty to endpoints send. */
final class SocketMark {
    /** asm-generic/socket.h */
    private static final IntegerUnixChannelOption SO_MARK = new IntegerUnixChannelOption("SLUICE_SO_MARK", 1, 36);

    private SocketMark() {}

    /**
     * Sets {@code mark} on a socket, unless it is 0; a socket that the kernel refuses it for is closed.
     *
     * @throws ChannelException when the kernel refuses it
     */
    static void set(Channel channel, int mark) {
        if (mark == 0) {
            return;
        }
        try {
            ((EpollChannelConfig) channel.config()).setOption(SO_MARK, mark);
        } catch (ChannelException e) {
            channel.unsafe().closeForcibly();
            throw e;
        }
    }
}
