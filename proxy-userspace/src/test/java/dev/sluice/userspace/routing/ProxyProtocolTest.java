// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.routing;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.net.IpAddress;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** By the examples and tables of haproxy's proxy-protocol.txt. */
class ProxyProtocolTest {
    private static final String SIGNATURE = "0d0a0d0a000d0a515549540a";

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    @Test
    void version1IsALine() {
        assertThat(ProxyProtocol.V1.header(IpAddress.of("192.168.0.1"), 56324, IpAddress.of("192.168.0.11"), 443))
                .asString(US_ASCII)
                .isEqualTo("PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n");
        assertThat(ProxyProtocol.V1.header(IpAddress.of("fd00::1"), 65535, IpAddress.of("fd00:96::a"), 80))
                .asString(US_ASCII)
                .isEqualTo("PROXY TCP6 fd00::1 fd00:96::a 65535 80\r\n");
    }

    @Test
    void version2IsBinary() {
        assertThat(hex(ProxyProtocol.V2.header(IpAddress.of("10.1.2.3"), 0xfeed, IpAddress.of("10.96.0.1"), 80)))
                .isEqualTo(SIGNATURE + "21" + "11" + "000c" + "0a010203" + "0a600001" + "feed" + "0050");
        assertThat(hex(ProxyProtocol.V2.header(IpAddress.of("fd00::1"), 1, IpAddress.of("fd00:96::2"), 443)))
                .isEqualTo(SIGNATURE + "21" + "21" + "0024" + "fd000000000000000000000000000001"
                        + "fd000096000000000000000000000002" + "0001" + "01bb");
    }

    @Test
    void onlyTwoVersionsAreKnown() {
        assertThat(ProxyProtocol.parse("v1")).contains(ProxyProtocol.V1);
        assertThat(ProxyProtocol.parse("v2")).contains(ProxyProtocol.V2);
        assertThat(ProxyProtocol.parse("2")).isEmpty();
    }
}
