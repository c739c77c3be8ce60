// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.ipvs;

import static dev.sluice.linux.ipvs.IpvsProtocol.ATTR_DEST;
import static dev.sluice.linux.ipvs.IpvsProtocol.ATTR_SERVICE;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.netlink.GenericFamily;
import dev.sluice.linux.netlink.MessageWriter;
import dev.sluice.linux.netlink.NetlinkRequest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Messages to IPVS. */
final class IpvsRequests {
    private static final int ALL_BITS = -1;

    private final GenericFamily family;

    IpvsRequests(GenericFamily family) {
        this.family = family;
    }

    NetlinkRequest virtualServers() {
        return family.request("IPVS list virtual servers", IpvsProtocol.GET_SERVICE, out -> {});
    }

    NetlinkRequest realServers(VirtualServerKey virtualServer) {
        return family.request(
                "IPVS list real servers of " + virtualServer,
                IpvsProtocol.GET_DEST,
                out -> out.nested(ATTR_SERVICE, in -> key(in, virtualServer)));
    }

    NetlinkRequest of(IpvsCommand command) {
        Described operation = new Described(command);
        return switch (command) {
            case IpvsCommand.AddVirtualServer(var server) -> virtualServer(operation, IpvsProtocol.NEW_SERVICE, server);
            case IpvsCommand.EditVirtualServer(var server) ->
                virtualServer(operation, IpvsProtocol.SET_SERVICE, server);
            case IpvsCommand.DeleteVirtualServer(var key) ->
                family.request(
                        operation, IpvsProtocol.DEL_SERVICE, out -> out.nested(ATTR_SERVICE, in -> key(in, key)));
            case IpvsCommand.AddRealServer(var key, var server) ->
                realServer(operation, IpvsProtocol.NEW_DEST, key, server);
            case IpvsCommand.EditRealServer(var key, var server) ->
                realServer(operation, IpvsProtocol.SET_DEST, key, server);
            case IpvsCommand.DeleteRealServer(var key, var server) ->
                family.request(
                        operation,
                        IpvsProtocol.DEL_DEST,
                        out -> out.nested(ATTR_SERVICE, in -> key(in, key))
                                .nested(ATTR_DEST, in -> realServerKey(in, server)));
        };
    }

    NetlinkRequest timeouts() {
        return family.request("IPVS read time-outs", IpvsProtocol.GET_CONFIG, out -> {});
    }

    NetlinkRequest setTimeouts(IpvsTimeouts timeouts) {
        return family.request(
                "IPVS set " + timeouts,
                IpvsProtocol.SET_CONFIG,
                out -> out.u32(IpvsProtocol.ATTR_TIMEOUT_TCP, timeouts.tcp())
                        .u32(IpvsProtocol.ATTR_TIMEOUT_TCP_FIN, timeouts.tcpFin())
                        .u32(IpvsProtocol.ATTR_TIMEOUT_UDP, timeouts.udp()));
    }

    NetlinkRequest info() {
        return family.request("IPVS read version", IpvsProtocol.GET_INFO, out -> {});
    }

    private NetlinkRequest virtualServer(Described operation, int command, VirtualServer server) {
        boolean ipv4 = server.key().family() == IpFamily.IPV4;
        return family.request(
                operation,
                command,
                out -> out.nested(
                        ATTR_SERVICE,
                        in -> key(in, server.key())
                                .string(IpvsProtocol.SERVICE_SCHED_NAME, server.scheduler())
                                .bytes(IpvsProtocol.SERVICE_FLAGS, flags(server.flags()))
                                .u32(IpvsProtocol.SERVICE_TIMEOUT, server.timeoutSeconds())
                                // of persistence: each client address by itself
                                .u32(IpvsProtocol.SERVICE_NETMASK, ipv4 ? ALL_BITS : IpFamily.IPV6.bits())));
    }

    private static byte[] flags(int flags) {
        return ByteBuffer.allocate(8)
                .order(ByteOrder.nativeOrder())
                .putInt(flags)
                .putInt(ALL_BITS)
                .array();
    }

    private NetlinkRequest realServer(
            Described operation, int command, VirtualServerKey virtualServer, RealServer server) {
        return family.request(
                operation,
                command,
                out -> out.nested(ATTR_SERVICE, in -> key(in, virtualServer))
                        .nested(
                                ATTR_DEST,
                                in -> realServerKey(in, server)
                                        .u32(IpvsProtocol.DEST_FWD_METHOD, IpvsProtocol.FORWARDING_MASQUERADE)
                                        .u32(IpvsProtocol.DEST_WEIGHT, server.weight())
                                        .u32(IpvsProtocol.DEST_U_THRESH, server.upperThreshold())
                                        .u32(IpvsProtocol.DEST_L_THRESH, 0)));
    }

    private static MessageWriter key(MessageWriter out, VirtualServerKey key) {
        return out.u16(IpvsProtocol.SERVICE_AF, key.family().addressFamily())
                .u16(IpvsProtocol.SERVICE_PROTOCOL, key.protocol().number())
                .address(IpvsProtocol.SERVICE_ADDR, key.address())
                .u16BigEndian(IpvsProtocol.SERVICE_PORT, key.port());
    }

    private static MessageWriter realServerKey(MessageWriter out, RealServer server) {
        return out.address(IpvsProtocol.DEST_ADDR, server.address())
                .u16BigEndian(IpvsProtocol.DEST_PORT, server.port());
    }

    /** The text of a command, made when an error needs it. */
    private record Described(IpvsCommand command) {
        @Override
        public String toString() {
            return "IPVS " + command;
        }
    }
}
