// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.iptables;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.iptables.Iptables.Variant;
import dev.sluice.linux.namespace.NetworkNamespace;
import dev.sluice.linux.process.SystemCommands;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The real tools, in a namespace. */
@Timeout(120)
@Tag("slow")
class ProcessIptablesTest {
    private static final String FOREIGN = """
        *nat
        :OTHERS - [0:0]
        -A PREROUTING -i eth0 -j OTHERS
        -A PREROUTING -p udp -j ACCEPT
        -A OTHERS -j RETURN
        COMMIT
        """;

    private final SystemCommands commands = new SystemCommands();
    private NetworkNamespace namespace;

    @BeforeEach
    void enter() throws Exception {
        assumeTrue(Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0), "needs root");
        assumeTrue(commands.find("iptables-nft-restore").isPresent(), "iptables-nft is not installed");
        assumeTrue(commands.find("iptables-legacy-restore").isPresent(), "iptables-legacy is not installed");
        namespace = NetworkNamespace.create("iptables");
    }

    @AfterEach
    void leave() {
        if (namespace != null) {
            namespace.close();
        }
    }

    @ParameterizedTest
    @CsvSource({"NFT, IPV4", "NFT, IPV6", "LEGACY, IPV4", "LEGACY, IPV6"})
    void readsOneChain(Variant variant, IpFamily family) throws Exception {
        Iptables iptables = open(variant, family);
        restore(iptables, FOREIGN);

        namespace.run(() -> {
            assertThat(iptables.readChain("nat", "PREROUTING"))
                    .contains(List.of("-i eth0 -j OTHERS", "-p udp -j ACCEPT"));
            assertThat(iptables.readChain("nat", "OTHERS")).contains(List.of("-j RETURN"));
            assertThat(iptables.readChain("nat", "POSTROUTING")).contains(List.of());
            assertThat(iptables.readChain("nat", "KUBE-NONE")).isEmpty();
        });
    }

    @ParameterizedTest
    @CsvSource({"NFT, IPV4", "NFT, IPV6", "LEGACY, IPV4", "LEGACY, IPV6"})
    void appliesADifferenceAndTakesItBack(Variant variant, IpFamily family) throws Exception {
        Iptables iptables = open(variant, family);
        restore(iptables, FOREIGN);
        SavedTable before = saved(iptables);
        TableRules desired = TableRules.of("nat")
                .rule("KUBE-A", "-p tcp -m comment --comment \"a: b\" -m tcp --dport 80 -j KUBE-B")
                .rule("KUBE-B", "-j RETURN")
                .jump("PREROUTING", "-m comment --comment \"first\\\"s\" -j KUBE-A")
                .jump("PREROUTING", "-m addrtype --dst-type LOCAL -j KUBE-B")
                .build();

        sync(iptables, desired);
        SavedTable inForce = saved(iptables);
        assertThat(inForce.rules("KUBE-A")).isEqualTo(desired.chains().get("KUBE-A"));
        assertThat(inForce.rules("PREROUTING")).hasSize(4).containsSubsequence(before.rules("PREROUTING"));
        assertThat(plan(iptables, desired).isEmpty())
                .as("nothing is left to do")
                .isTrue();

        sync(iptables, TableRules.nothing("nat"));
        SavedTable after = saved(iptables);
        assertThat(after.chains()).isEqualTo(before.chains());
        assertThat(after.rules("PREROUTING")).isEqualTo(before.rules("PREROUTING"));
    }

    @ParameterizedTest(name = "{0} {1}")
    @CsvSource({
        "NFT, '*nat|:A - [0:0]|-A A -j NOPE|COMMIT', 4",
        "LEGACY, '*nat|:A - [0:0]|-A A -j NOPE|COMMIT', 3",
        "NFT, '*nat|:A - [0:0]|-A B -j RETURN|COMMIT', 3",
        "LEGACY, '*nat|:A - [0:0]|-A B -j RETURN|COMMIT', 3",
        "NFT, '*nat|:A - [0:0]|-A PREROUTING -j A|-X A|COMMIT', 4",
        "LEGACY, '*nat|:A - [0:0]|-A PREROUTING -j A|-X A|COMMIT', 4",
        "NFT, '*nat|-D PREROUTING -j RETURN|COMMIT', 2",
        "LEGACY, '*nat|-D PREROUTING -j RETURN|COMMIT', 2",
        "NFT, '*nat|:A - [0:0]|-A A -p tcp --dport 99999 -j RETURN|COMMIT', 3",
        "LEGACY, '*nat|:A - [0:0]|-A A -p tcp --dport 99999 -j RETURN|COMMIT', 3",
        "NFT, '*nat|:A - [0:0]|COMMIT|*filter|-A INPUT -m set --match-set NONE dst -j DROP|COMMIT', 5",
    })
    void namesTheFailingLine(Variant variant, String input, int line) throws Exception {
        Iptables iptables = open(variant, IpFamily.IPV4);

        RestoreException failure =
                catchThrowableOfType(RestoreException.class, () -> restore(iptables, input.replace('|', '\n') + "\n"));

        assertThat(failure.line()).as(failure.getMessage()).hasValue(line);
        assertThat(failure).hasMessageContaining("> " + line + ": " + input.split("\\|")[line - 1]);
    }

    @Test
    void readsAnUnusedTableAsEmpty() throws Exception {
        assertThat(saved(open(Variant.NFT, IpFamily.IPV4)).rules("PREROUTING")).isEmpty();
        Iptables legacy = open(Variant.LEGACY, IpFamily.IPV4);
        assertThat(namespace.call(() -> legacy.save("no-such-table"))).isEmpty();
    }

    @Test
    void sayThatATableWasChangedWithNft() throws Exception {
        assumeTrue(commands.find("nft").isPresent(), "nft is not installed");
        Iptables iptables = open(Variant.NFT, IpFamily.IPV4);
        restore(iptables, "*filter\n:A - [0:0]\nCOMMIT\n");
        namespace.run(() -> new ProcessBuilder(
                        "nft", "add", "rule", "ip", "filter", "A", "meter", "m", "{ ip saddr limit rate 1/second }")
                .start()
                .waitFor());

        assertThat(catchThrowableOfType(
                        dev.sluice.linux.KernelException.class, () -> namespace.call(() -> iptables.save("filter"))))
                .hasMessageContaining("another program changed it with nft");
    }

    @ParameterizedTest
    @CsvSource({"NFT", "LEGACY"})
    void findsTheVariantInUse(Variant variant) throws Exception {
        restore(open(variant, IpFamily.IPV6), "*mangle\n:KUBE-KUBELET-CANARY - [0:0]\nCOMMIT\n");

        IptablesTools found = namespace.call(() -> IptablesTools.discover(commands, Optional.empty()));

        assertThat(found.variant()).isEqualTo(variant);
        assertThat(namespace.call(() -> found.supported(IpFamily.IPV4)).available())
                .isTrue();
        assertThat(namespace.call(() -> found.supported(IpFamily.IPV6)).available())
                .isTrue();
    }

    private Iptables open(Variant variant, IpFamily family) throws Exception {
        return namespace.call(
                () -> IptablesTools.discover(commands, Optional.of(variant)).open(family));
    }

    private void restore(Iptables iptables, String input) throws RestoreException {
        namespace.run(() -> iptables.restore(input));
    }

    private SavedTable saved(Iptables iptables) throws Exception {
        return SavedTable.parse("nat", namespace.call(() -> iptables.save("nat")));
    }

    private RestoreScript plan(Iptables iptables, TableRules desired) throws Exception {
        RestoreScript script = new RestoreScript();
        TableDiff.plan(saved(iptables), desired, chain -> chain.startsWith("KUBE-"), script);
        return script;
    }

    private void sync(Iptables iptables, TableRules desired) throws Exception {
        restore(iptables, plan(iptables, desired).text());
    }
}
