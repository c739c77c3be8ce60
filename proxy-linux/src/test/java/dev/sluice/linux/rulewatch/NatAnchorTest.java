// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.rulewatch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.linux.conntrack.Conntrack;
import dev.sluice.linux.conntrack.NetlinkConntrack;
import dev.sluice.linux.namespace.NetworkNamespace;
import dev.sluice.linux.namespace.RootOnly;
import dev.sluice.linux.process.Command;
import dev.sluice.linux.process.CommandRunner.Result;
import dev.sluice.linux.process.SystemCommands;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Against the real kernel, in a namespace. */
@RootOnly
@Timeout(60)
@Tag("slow")
final class NatAnchorTest {
    private final SystemCommands commands = new SystemCommands();

    private Result nft(NetworkNamespace namespace, String... arguments) throws Exception {
        return namespace.call(() -> commands.run(Command.of(Duration.ofSeconds(20), "nft", arguments)));
    }

    @Test
    void outlivesAFlushAndGoesWithItsOwner() throws Exception {
        try (NetworkNamespace namespace = NetworkNamespace.create("anchor")) {
            NatAnchor anchor = namespace.call(NatAnchor::open);
            assertThat(nft(namespace, "flush", "ruleset").succeeded()).isTrue();
            assertThat(nft(namespace, "delete", "table", "ip", NatAnchor.TABLE).succeeded())
                    .isFalse();
            String ruleset = nft(namespace, "list", "ruleset").output();
            assertThat(ruleset)
                    .contains("table ip " + NatAnchor.TABLE, "table ip6 " + NatAnchor.TABLE, "flags owner")
                    .contains(
                            "type nat hook prerouting priority dstnat",
                            "type nat hook postrouting priority srcnat",
                            "type nat hook input priority",
                            "type nat hook output priority");
            anchor.close();
            Awaitility.await()
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> nft(namespace, "list", "ruleset").output().isBlank());
        }
    }

    @Test
    void connectionsAreTrackedAlthoughNoOtherRuleIsThere() throws Exception {
        try (NetworkNamespace namespace = NetworkNamespace.create("tracking");
                NetlinkConntrack conntrack = namespace.call(NetlinkConntrack::open)) {
            for (IpFamily family : IpFamily.values()) {
                assertThat(trackedAfterADatagram(namespace, conntrack, family))
                        .as("without the anchor, " + family)
                        .isFalse();
            }
            NatAnchor anchor = namespace.call(NatAnchor::open);
            nft(namespace, "flush", "ruleset");
            for (IpFamily family : IpFamily.values()) {
                assertThat(trackedAfterADatagram(namespace, conntrack, family))
                        .as("with the anchor, " + family)
                        .isTrue();
            }
            anchor.close();
        }
    }

    private static boolean trackedAfterADatagram(
            NetworkNamespace namespace, NetlinkConntrack conntrack, IpFamily family) throws Exception {
        InetAddress loopback = InetAddress.getByName(family == IpFamily.IPV4 ? "127.0.0.1" : "::1");
        namespace.run(() -> {
            try (DatagramSocket socket = new DatagramSocket(new InetSocketAddress(loopback, 0))) {
                socket.send(new DatagramPacket(new byte[1], 1, loopback, 9));
            }
        });
        return !conntrack
                .list(family, Protocol.UDP, new Conntrack.Filter(null, 9))
                .isEmpty();
    }
}
