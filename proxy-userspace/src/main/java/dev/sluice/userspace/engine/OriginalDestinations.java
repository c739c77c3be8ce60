// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import dev.sluice.core.model.Portal;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.unix.RawUnixChannelOption;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Finds the original destination of an accepted connection, from before the redirect. */
public interface OriginalDestinations {

    /**
     * Asks conntrack: {@code SO_ORIGINAL_DST} (linux/netfilter_ipv4.h, 80), {@code IP6T_SO_ORIGINAL_DST}
     * (linux/netfilter_ipv6/ip6_tables.h, 80).
     */
    OriginalDestinations CONNTRACK = OriginalDestinations::askKernel;

    /** @throws io.netty.channel.ChannelException when the kernel does not know the connection, or no longer */
    Portal.Address of(EpollSocketChannel accepted, IpFamily family);

    private static Portal.Address askKernel(EpollSocketChannel accepted, IpFamily family) {
        ByteBuffer address = accepted.config()
                .getOption(family == IpFamily.IPV4 ? SocketOptions.ORIGINAL_4 : SocketOptions.ORIGINAL_6);
        int port = address.order(ByteOrder.BIG_ENDIAN).getShort(2) & 0xffff;
        byte[] bytes = new byte[family.bits() / 8];
        address.get(family == IpFamily.IPV4 ? 4 : 8, bytes);
        return new Portal.Address(Protocol.TCP, IpAddress.of(bytes), port);
    }

    /** The two socket options, whose values are a {@code sockaddr_in} and a {@code sockaddr_in6}. */
    final class SocketOptions {
        private static final RawUnixChannelOption ORIGINAL_4 =
                new RawUnixChannelOption("SLUICE_SO_ORIGINAL_DST", 0, 80, 16);
        private static final RawUnixChannelOption ORIGINAL_6 =
                new RawUnixChannelOption("SLUICE_IP6T_SO_ORIGINAL_DST", 41, 80, 28);

        private SocketOptions() {}
    }
}
