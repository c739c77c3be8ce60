// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.iptables;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.core.net.IpAddress;
import dev.sluice.linux.namespace.NetworkNamespace;
import dev.sluice.linux.process.Command;
import dev.sluice.linux.process.CommandRunner;
import dev.sluice.linux.process.SystemCommands;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("slow")
class RecentListTest {

    @Test
    void readsAddressesOfBothFamilies() {
        assertThat(RecentList.parse(List.of(
                        "src=10.0.0.1 ttl: 64 last_seen: 4298032540 oldest_pkt: 1 4298032540",
                        "src=fd00:0000:0000:0000:0000:0000:0000:0007 ttl: 0 last_seen: 1 oldest_pkt: 1 1",
                        "src=garbage ttl: 1",
                        "")))
                .containsExactly(IpAddress.of("10.0.0.1"), IpAddress.of("fd00::7"));
    }

    @Test
    void readsWhatTheKernelHas() throws Exception {
        assumeTrue(Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0), "needs root");
        SystemCommands commands = new SystemCommands();
        assumeTrue(commands.find("iptables-nft").isPresent(), "iptables-nft is not installed");
        try (NetworkNamespace namespace = NetworkNamespace.create("recent")) {
            CommandRunner.Result rule = namespace.call(() -> commands.run(Command.of(
                    Duration.ofSeconds(30), "iptables-nft", "-A", "INPUT", "-m", "recent", "--set", "--name", "SEEN")));
            assertThat(rule.errors()).isEmpty();

            assertThat(namespace.call(() -> RecentList.read("SEEN"))).isEmpty();
            assertThat(namespace.call(() -> RecentList.read("MISSING"))).isEmpty();
            namespace.run(() -> Files.writeString(Path.of("/proc/thread-self/net/xt_recent/SEEN"), "+192.0.2.7\n"));
            assertThat(namespace.call(() -> RecentList.read("SEEN"))).containsExactly(IpAddress.of("192.0.2.7"));
        }
    }
}
