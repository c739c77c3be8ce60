// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.ipvs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.net.IpFamily;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The text is that of {@code ip_vs_info_seq_show} of Linux 6.12. */
class IpvsTableTest {
    private static final String TEXT = """
        IP Virtual Server version 1.2.1 (size=4096)
        Prot LocalAddress:Port Scheduler Flags
          -> RemoteAddress:Port Forward Weight ActiveConn InActConn
        TCP  0A600032:0050 rr \s
          -> 0AF40107:1F90      Masq    1      7          12       \s
          -> 0AF40108:1F90      Masq    0      3          0        \s
        UDP  FFFFFFFE:FFFF mh persistent 10800 FFFFFFFF
        FWM  00000001 wlc\s
          -> 0AF40109:0000      Route   1      0          0        \s
        AH   0A600032:0000 rr \s
          -> 0AF40109:0000      Masq    1      0          0        \s
        SCTP [fd00:0096:0000:0000:0000:0000:0000:0032]:0B59 sh\s
          -> [fd00:0244:0001:0000:0000:0000:0000:0007]:0B59      Tunnel  1      1          2        \s
        """;

    private static Map<String, List<String>> parse(IpFamily family) throws Exception {
        byte[] bytes = TEXT.getBytes(StandardCharsets.US_ASCII);
        Map<String, List<String>> whole = parse(new ByteArrayInputStream(bytes), family);
        assertThat(parse(inPieces(bytes), family)).as("read in pieces").isEqualTo(whole);
        return whole;
    }

    /** Reads seven bytes at a time, however many are requested. */
    private static InputStream inPieces(byte[] bytes) {
        return new ByteArrayInputStream(bytes) {
            @Override
            public synchronized int read(byte[] into, int from, int length) {
                return super.read(into, from, Math.min(7, length));
            }
        };
    }

    private static Map<String, List<String>> parse(InputStream in, IpFamily family) throws Exception {
        Map<String, List<String>> text = new TreeMap<>();
        IpvsTable.parse(in, family)
                .forEach((key, destinations) -> text.put(
                        key.toString(),
                        destinations.stream()
                                .map(d -> d.server().socketAddress() + " weight "
                                        + d.server().weight() + ", "
                                        + d.activeConnections() + " and " + d.inactiveConnections() + " by "
                                        + d.forwarding())
                                .toList()));
        return text;
    }

    @Test
    void ipv4() throws Exception {
        assertThat(parse(IpFamily.IPV4))
                .isEqualTo(Map.of(
                        "10.96.0.50:80/TCP",
                        List.of("10.244.1.7:8080 weight 1, 7 and 12 by 0", "10.244.1.8:8080 weight 0, 3 and 0 by 0"),
                        "255.255.255.254:65535/UDP",
                        List.of()));
    }

    @Test
    void ipv6() throws Exception {
        assertThat(parse(IpFamily.IPV6))
                .isEqualTo(Map.of("[fd00:96::32]:2905/SCTP", List.of("[fd00:244:1::7]:2905 weight 1, 1 and 2 by 7")));
    }
}
