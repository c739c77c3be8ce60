// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.ipvs;

import static dev.sluice.linux.ipvs.IpvsProtocol.ATTR_DEST;
import static dev.sluice.linux.ipvs.IpvsProtocol.ATTR_SERVICE;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.netlink.AttributeReader;
import dev.sluice.linux.netlink.GenericFamily;
import dev.sluice.linux.netlink.Message;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Reads IPVS's messages. */
final class IpvsReplies {
    private IpvsReplies() {}

    /** Reads a virtual server; null for one with a firewall mark or a protocol of no Service port (AH, ESP). */
    static @Nullable VirtualServerState virtualServer(Message message) throws NetlinkException {
        VirtualServerState state = null;
        AttributeReader top = message.attributes(GenericFamily.HEADER);
        while (top.next()) {
            if (top.type() == ATTR_SERVICE) {
                state = virtualServer(top.nested());
            }
        }
        top.check("IPVS read a virtual server");
        return state;
    }

    private static @Nullable VirtualServerState virtualServer(AttributeReader in) {
        int family = 0;
        int protocol = 0;
        byte[] address = new byte[16];
        int port = 0;
        String scheduler = "";
        int flags = 0;
        int timeout = 0;
        Counters counters = new Counters();
        while (in.next()) {
            switch (in.type()) {
                case IpvsProtocol.SERVICE_AF -> family = in.u16();
                case IpvsProtocol.SERVICE_PROTOCOL -> protocol = in.u16();
                case IpvsProtocol.SERVICE_ADDR -> address = in.bytes();
                case IpvsProtocol.SERVICE_PORT -> port = in.u16BigEndian();
                case IpvsProtocol.SERVICE_SCHED_NAME -> scheduler = in.string();
                case IpvsProtocol.SERVICE_FLAGS -> flags = in.s32();
                case IpvsProtocol.SERVICE_TIMEOUT -> timeout = in.s32();
                case IpvsProtocol.SERVICE_STATS -> counters.narrow(in.nested());
                case IpvsProtocol.SERVICE_STATS64 -> counters.wide(in.nested());
                default -> {}
            }
        }
        Protocol known = protocol(protocol);
        if (known == null) {
            return null;
        }
        VirtualServerKey key = new VirtualServerKey(known, address(family, address), port);
        return new VirtualServerState(new VirtualServer(key, scheduler, flags, timeout), counters.stats());
    }

    /** Reads a real server of a virtual server of {@code serviceFamily}. */
    static @Nullable RealServerState realServer(Message message, IpFamily serviceFamily) throws NetlinkException {
        RealServerState state = null;
        AttributeReader top = message.attributes(GenericFamily.HEADER);
        while (top.next()) {
            if (top.type() == ATTR_DEST) {
                state = realServer(top.nested(), serviceFamily);
            }
        }
        top.check("IPVS read a real server");
        return state;
    }

    private static RealServerState realServer(AttributeReader in, IpFamily serviceFamily) {
        int family = serviceFamily.addressFamily(); // kernels before 3.18 do not say
        byte[] address = new byte[16];
        int port = 0;
        int forwarding = 0;
        int weight = 0;
        int upperThreshold = 0;
        long active = 0;
        long inactive = 0;
        long persistent = 0;
        Counters counters = new Counters();
        while (in.next()) {
            switch (in.type()) {
                case IpvsProtocol.DEST_ADDR_FAMILY -> family = in.u16();
                case IpvsProtocol.DEST_ADDR -> address = in.bytes();
                case IpvsProtocol.DEST_PORT -> port = in.u16BigEndian();
                case IpvsProtocol.DEST_FWD_METHOD -> forwarding = in.s32() & IpvsProtocol.FORWARDING_MASK;
                case IpvsProtocol.DEST_WEIGHT -> weight = in.s32();
                case IpvsProtocol.DEST_U_THRESH -> upperThreshold = in.s32();
                case IpvsProtocol.DEST_ACTIVE_CONNS -> active = in.u32();
                case IpvsProtocol.DEST_INACT_CONNS -> inactive = in.u32();
                case IpvsProtocol.DEST_PERSIST_CONNS -> persistent = in.u32();
                case IpvsProtocol.DEST_STATS -> counters.narrow(in.nested());
                case IpvsProtocol.DEST_STATS64 -> counters.wide(in.nested());
                default -> {}
            }
        }
        RealServer server = new RealServer(address(family, address), port, weight, upperThreshold);
        return new RealServerState(server, forwarding, active, inactive, persistent, counters.stats());
    }

    static IpvsTimeouts timeouts(Message message) throws NetlinkException {
        int tcp = 0;
        int tcpFin = 0;
        int udp = 0;
        AttributeReader top = message.attributes(GenericFamily.HEADER);
        while (top.next()) {
            switch (top.type()) {
                case IpvsProtocol.ATTR_TIMEOUT_TCP -> tcp = top.s32();
                case IpvsProtocol.ATTR_TIMEOUT_TCP_FIN -> tcpFin = top.s32();
                case IpvsProtocol.ATTR_TIMEOUT_UDP -> udp = top.s32();
                default -> {}
            }
        }
        top.check("IPVS read time-outs");
        return new IpvsTimeouts(tcp, tcpFin, udp);
    }

    static IpvsInfo info(Message message) throws NetlinkException {
        int version = 0;
        int size = 0;
        AttributeReader top = message.attributes(GenericFamily.HEADER);
        while (top.next()) {
            switch (top.type()) {
                case IpvsProtocol.INFO_VERSION -> version = top.s32();
                case IpvsProtocol.INFO_CONNECTION_TABLE_SIZE -> size = top.s32();
                default -> {}
            }
        }
        top.check("IPVS read version");
        return new IpvsInfo(version, size);
    }

    /** The kernel always sends 16 bytes, and puts an IPv4 address into the first 4. */
    private static IpAddress address(int family, byte[] bytes) {
        return IpAddress.of(Arrays.copyOf(bytes, family == IpFamily.IPV6.addressFamily() ? 16 : 4));
    }

    private static @Nullable Protocol protocol(int number) {
        for (Protocol protocol : Protocol.values()) {
            if (protocol.number() == number) {
                return protocol;
            }
        }
        return null;
    }

    /** The kernel sends counters with 32 bits, and since Linux 4.1 a second time with 64. */
    private static final class Counters {
        private final long[] narrow = new long[11];
        private final long[] wide = new long[11];
        private boolean isWide;

        void narrow(AttributeReader in) {
            read(in, narrow);
        }

        void wide(AttributeReader in) {
            isWide = true;
            read(in, wide);
        }

        private static void read(AttributeReader in, long[] into) {
            while (in.next()) {
                if (in.type() < into.length) {
                    into[in.type()] = in.length() >= 8 ? in.u64() : in.u32();
                }
            }
        }

        IpvsStats stats() {
            long[] c = isWide ? wide : narrow;
            return new IpvsStats(c[1], c[2], c[3], c[4], c[5], c[6], c[7], c[8], c[9], c[10]);
        }
    }
}
