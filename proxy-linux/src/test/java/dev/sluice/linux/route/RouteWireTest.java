// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.route;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.net.IpAddress;
import dev.sluice.linux.netlink.Netlink;
import dev.sluice.linux.netlink.NetlinkRequest;
import dev.sluice.linux.route.Links.Link;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** rtnetlink messages byte by byte, on a little-endian machine. */
final class RouteWireTest {
    private static final Link LINK = new Link(5, "kube-ipvs0", "dummy", false, false);

    private static String hex(NetlinkRequest request) {
        return HexFormat.of().formatHex(request.encode(1, Netlink.F_ACK));
    }

    @Test
    void dummyLink() {
        assertThat(hex(LinkMessages.create("dum0", "dummy")))
                .isEqualTo("3c000000" + "1000" + "0506" + "01000000" + "00000000" // NEWLINK, REQUEST ACK EXCL CREATE
                        + "00000000" + "00000000" + "00000000" + "00000000"
                        + "0900" + "0300" + "64756d3000000000" // IFNAME
                        + "1000" + "1280" // LINKINFO
                        + "0a00" + "0100" + "64756d6d79000000"); // KIND
    }

    @Test
    void hostAddressIpv4IsNeverPreferred() {
        assertThat(hex(AddressMessages.bind(LINK, IpAddress.of("10.96.0.1"))))
                .isEqualTo("3c000000" + "1400" + "0505" + "01000000" + "00000000"
                        + "022000fd" + "05000000"
                        + "0800" + "0200" + "0a600001"
                        + "0800" + "0100" + "0a600001"
                        + "1400" + "0600" + "00000000" + "ffffffff" + "00000000" + "00000000");
    }

    @Test
    void hostAddressIpv6SkipsDuplicateDetection() {
        String address = "fd000000000000000000000000000001";
        assertThat(hex(AddressMessages.bind(LINK, IpAddress.of("fd00::1"))))
                .isEqualTo("5c000000" + "1400" + "0505" + "01000000" + "00000000"
                        + "0a800000" + "05000000"
                        + "1400" + "0200" + address
                        + "1400" + "0100" + address
                        + "0800" + "0800" + "02000000"
                        + "1400" + "0600" + "00000000" + "ffffffff" + "00000000" + "00000000");
    }

    @Test
    void addressDeletion() {
        assertThat(hex(AddressMessages.delete(LINK, IpAddress.of("10.96.0.1"), 32)))
                .startsWith("28000000" + "1500" + "0500");
    }

    @Test
    void linkUp() {
        assertThat(hex(LinkMessages.setUp(LINK)))
                .isEqualTo("20000000" + "1000" + "0500" + "01000000" + "00000000" + "00000000" + "05000000" + "01000000"
                        + "01000000");
    }
}
