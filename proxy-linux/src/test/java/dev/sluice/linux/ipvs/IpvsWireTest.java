// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.ipvs;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.netlink.GenericFamily;
import dev.sluice.linux.netlink.Message;
import dev.sluice.linux.netlink.Netlink;
import dev.sluice.linux.netlink.NetlinkRequest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** IPVS messages byte by byte, on a little-endian machine, with the family number 0x25. */
final class IpvsWireTest {
    private static final String FROM_SEQUENCE = "01000000" + "00000000";
    private static final String KEY_V4 =
            "0600010002000000" + "0600020006000000" + "080003000a600001" + "0600040000500000";
    private static final VirtualServerKey WEB = new VirtualServerKey(Protocol.TCP, IpAddress.of("10.96.0.1"), 80);
    private static final RealServer POD = new RealServer(IpAddress.of("10.244.1.5"), 8080, 1);

    private final IpvsRequests requests = new IpvsRequests(new GenericFamily("IPVS", 0x25));

    private static String hex(NetlinkRequest request) {
        return HexFormat.of().formatHex(request.encode(1, Netlink.F_ACK));
    }

    private static Message reply(String attributesHex) {
        byte[] payload = HexFormat.of().parseHex("01010000" + attributesHex);
        return new Message(0x25, 0, 1, 0, ByteBuffer.wrap(payload).order(ByteOrder.nativeOrder()));
    }

    @Test
    void newServiceIpv4() {
        VirtualServer server = new VirtualServer(WEB, "rr", VirtualServer.PERSISTENT, 10_800);
        assertThat(hex(requests.of(new IpvsCommand.AddVirtualServer(server))))
                .isEqualTo("5c000000" + "2500" + "0500" + FROM_SEQUENCE + "01010000"
                        + "48000100" + KEY_V4
                        + "0700060072720000" // rr
                        + "0c000700" + "01000000" + "ffffffff"
                        + "08000800" + "302a0000"
                        + "08000900" + "ffffffff");
    }

    @Test
    void newServiceIpv6HasAPrefixLengthForItsNetmask() {
        VirtualServerKey key = new VirtualServerKey(Protocol.UDP, IpAddress.of("fd00::1"), 53);
        assertThat(hex(requests.of(new IpvsCommand.AddVirtualServer(new VirtualServer(key, "sh", 0, 0)))))
                .contains("060001000a000000" + "0600020011000000" + "14000300fd000000000000000000000000000001"
                        + "0600040000350000")
                .endsWith("08000900" + "80000000");
    }

    @Test
    void setAndDeleteService() {
        assertThat(hex(requests.of(new IpvsCommand.EditVirtualServer(new VirtualServer(WEB, "lc", 0, 0)))))
                .contains(FROM_SEQUENCE + "02010000")
                .contains("070006006c630000");
        assertThat(hex(requests.of(new IpvsCommand.DeleteVirtualServer(WEB))))
                .isEqualTo("38000000" + "2500" + "0500" + FROM_SEQUENCE + "03010000" + "24000100" + KEY_V4);
    }

    @Test
    void destinations() {
        String service = "24000100" + KEY_V4;
        String destination = "080001000af40105" + "060002001f900000";
        assertThat(hex(requests.of(new IpvsCommand.AddRealServer(WEB, POD))))
                .isEqualTo("6c000000" + "2500" + "0500" + FROM_SEQUENCE + "05010000" + service
                        + "34000200" + destination
                        + "0800030000000000" + "0800040001000000" + "0800050000000000" + "0800060000000000");
        assertThat(hex(requests.of(new IpvsCommand.EditRealServer(WEB, new RealServer(POD.address(), 8080, 0)))))
                .contains(FROM_SEQUENCE + "06010000")
                .contains("0800040000000000");
        assertThat(hex(requests.of(new IpvsCommand.DeleteRealServer(WEB, POD))))
                .isEqualTo(
                        "4c000000" + "2500" + "0500" + FROM_SEQUENCE + "07010000" + service + "14000200" + destination);
    }

    @Test
    void timeoutsInfoAndFlush() {
        assertThat(hex(requests.setTimeouts(new IpvsTimeouts(900, 0, 300))))
                .isEqualTo("2c000000" + "2500" + "0500" + FROM_SEQUENCE + "0c010000" + "0800040084030000"
                        + "0800050000000000" + "080006002c010000");
        assertThat(hex(requests.info())).isEqualTo("14000000" + "2500" + "0500" + FROM_SEQUENCE + "0f010000");
        assertThat(hex(requests.timeouts())).endsWith("0d010000");
        assertThat(hex(requests.virtualServers())).endsWith("04010000");
    }

    @Test
    void serviceReplyHasSixteenByteAddressesAndTheHashedBit() throws NetlinkException {
        VirtualServerState state = requireNonNull(IpvsReplies.virtualServer(reply("7c000100"
                + "0600010002000000" + "0600020006000000"
                + "140003000a600001000000000000000000000000"
                + "0600040000500000" + "0700060072720000"
                + "0c000700" + "03000000" + "ffffffff"
                + "0800080000000000" + "08000900ffffffff"
                + "0c000a00" + "0800010007000000" // 32-bit counters lose to the 64-bit ones
                + "1c000c00" + "0c0001000500000002000000" + "0c0005000900000000000000")));
        assertThat(state.server()).isEqualTo(new VirtualServer(WEB, "rr", VirtualServer.PERSISTENT, 0));
        assertThat(state.stats()).isEqualTo(new IpvsStats(0x2_0000_0005L, 0, 0, 0, 9, 0, 0, 0, 0, 0));
    }

    @Test
    void olderKernelsCountIn32Bits() throws NetlinkException {
        VirtualServerState state = requireNonNull(IpvsReplies.virtualServer(reply("38000100"
                + "060001000a000000" + "0600020011000000" + "1c000a00" + "08000100ffffffff"
                + "0c0004000100000001000000" + "04000b00" + "0600040000350000")));
        assertThat(state.stats().connections()).isEqualTo(0xffff_ffffL);
        assertThat(state.stats().inBytes()).isEqualTo(0x1_0000_0001L);
    }

    @Test
    void serviceByFirewallMarkIsNotReported() throws NetlinkException {
        assertThat(IpvsReplies.virtualServer(reply("14000100" + "0600010002000000" + "0800050007000000")))
                .isNull();
    }

    @Test
    void destinationReply() throws NetlinkException {
        RealServerState state = IpvsReplies.realServer(
                reply("48000200"
                        + "140001000af40105000000000000000000000000" + "060002001f900000"
                        + "0800030001000001" + "0800040003000000" + "0800070004000000" + "0800080005000000"
                        + "0800090006000000"),
                IpFamily.IPV4);
        assertThat(state)
                .isEqualTo(new RealServerState(
                        new RealServer(IpAddress.of("10.244.1.5"), 8080, 3), 1, 4, 5, 6, IpvsStats.ZERO));
    }

    @Test
    void addressFamilyOfTheDestinationCountsWhenItIsThere() throws NetlinkException {
        RealServerState state = requireNonNull(IpvsReplies.realServer(
                reply("2c000200" + "14000100fd000000000000000000000000000009" + "060002001f900000" + "06000b000a000000"
                        + "04000c00"),
                IpFamily.IPV4));
        assertThat(state.server().address()).isEqualTo(IpAddress.of("fd00::9"));
    }
}
