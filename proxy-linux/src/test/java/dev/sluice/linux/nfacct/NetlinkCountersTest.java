// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nfacct;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.linux.iptables.Iptables.Variant;
import dev.sluice.linux.iptables.IptablesTools;
import dev.sluice.linux.iptables.RestoreScript;
import dev.sluice.linux.iptables.SavedTable;
import dev.sluice.linux.namespace.NetworkNamespace;
import dev.sluice.linux.nfacct.NamedCounters.Count;
import dev.sluice.linux.process.Command;
import dev.sluice.linux.process.CommandRunner;
import dev.sluice.linux.process.SystemCommands;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Real counters in a namespace, and a rule that counts into one. */
@Timeout(60)
@Tag("slow")
class NetlinkCountersTest {
    private static final String NAME = "ct_state_invalid_dropped_pkts";

    private final SystemCommands commands = new SystemCommands();
    private NetworkNamespace namespace;
    private NetlinkCounters counters;

    @BeforeEach
    void open() throws Exception {
        assumeTrue(Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0), "needs root");
        namespace = NetworkNamespace.create("counters");
        counters = namespace.call(NetlinkCounters::open);
        assumeTrue(counters.supported(), "the kernel has no nfacct");
    }

    @AfterEach
    void close() {
        if (counters != null) {
            counters.close();
        }
        if (namespace != null) {
            namespace.close();
        }
    }

    @Test
    void aCounterIsMadeOnceAndRead() throws Exception {
        assertThat(counters.read(NAME)).isEmpty();
        counters.create(NAME);
        counters.create(NAME);
        counters.create("localhost_nps_accepted_pkts");
        assertThat(counters.read(NAME)).contains(new Count(NAME, 0, 0));
        assertThat(counters.list())
                .containsExactlyInAnyOrder(new Count(NAME, 0, 0), new Count("localhost_nps_accepted_pkts", 0, 0));
    }

    @Test
    void aNameThatIsTooLongIsRefused() {
        assertThatThrownBy(() -> counters.create("x".repeat(NamedCounters.LONGEST_NAME + 1)))
                .isInstanceOf(NetlinkException.class)
                .hasMessageContaining("counter create xxx");
    }

    @ParameterizedTest
    @ValueSource(strings = {"iptables-nft", "iptables-legacy"})
    void packetsThatMatchARuleAreCounted(String tool) throws Exception {
        assumeTrue(commands.find(tool).isPresent(), tool + " is not installed");
        counters.create(NAME);
        run("ip", "link", "set", "lo", "up");
        run(tool, "-A", "OUTPUT", "-p", "udp", "--dport", "9", "-m", "nfacct", "--nfacct-name", NAME, "-j", "DROP");
        namespace.call(() -> {
            try (DatagramSocket socket = new DatagramSocket()) {
                for (int i = 0; i < 3; i++) {
                    try {
                        socket.send(new DatagramPacket(new byte[72], 72, InetAddress.ofLiteral("127.0.0.1"), 9));
                    } catch (IOException _) {
                        // the kernel reports the drop to a process of the node
                    }
                }
            }
            return true;
        });
        assertThat(counters.read(NAME)).contains(new Count(NAME, 3, 300));
        counters.create(NAME);
        assertThat(counters.read(NAME)).as("kept").contains(new Count(NAME, 3, 300));
        assertThat(counters.delete(NAME)).as("a rule counts into it").isFalse();
        run(tool, "-F", "OUTPUT");
        long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (!counters.delete(NAME)) { // the kernel lets go of a deleted rule a little later
            assertThat(System.nanoTime()).as("deadline").isLessThan(deadline);
            Thread.onSpinWait();
        }
        assertThat(counters.read(NAME)).isEmpty();
        assertThat(counters.delete(NAME)).as("gone already").isTrue();
    }

    @ParameterizedTest
    @CsvSource({"iptables-nft, IPV4", "iptables-legacy, IPV4", "ip6tables-nft, IPV6", "ip6tables-legacy, IPV6"})
    void savePrintsRulesThatCountAsTheyWereGiven(String tool, IpFamily family) throws Exception {
        assumeTrue(commands.find(tool).isPresent(), tool + " is not installed");
        counters.create(NAME);
        List<String> rules = List.of(
                "-m conntrack --ctstate INVALID -m nfacct --nfacct-name  " + NAME + " -j DROP",
                "-d " + (family == IpFamily.IPV4 ? "127.0.0.0/8" : "fd00::/64")
                        + " -p tcp -m comment --comment \"shop/web:http\" -m tcp --dport 30080 -m nfacct --nfacct-name  "
                        + NAME + " -j RETURN");
        Variant variant = tool.endsWith("nft") ? Variant.NFT : Variant.LEGACY;
        RestoreScript script = new RestoreScript().table("filter").declare("KUBE-FORWARD");
        rules.forEach(rule -> script.append("KUBE-FORWARD", rule));
        String saved = namespace.call(() -> {
            Iptables iptables =
                    IptablesTools.discover(commands, Optional.of(variant)).open(family);
            iptables.restore(script.text());
            return iptables.save("filter");
        });
        assertThat(SavedTable.parse("filter", saved).rules("KUBE-FORWARD")).isEqualTo(rules);
    }

    private void run(String program, String... arguments) throws Exception {
        CommandRunner.Result result =
                namespace.call(() -> commands.run(Command.of(Duration.ofSeconds(30), program, arguments)));
        assertThat(result.succeeded()).as(result.errors()).isTrue();
    }
}
