// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.core.config.BackendConfig;
import dev.sluice.core.config.NodePortAddresses;
import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.SyncException;
import dev.sluice.iptables.config.IptablesConfig;
import dev.sluice.iptables.config.IptablesOptions;
import dev.sluice.iptables.render.LoopbackGuard;
import dev.sluice.iptables.render.SharedChains;
import dev.sluice.testkit.model.SamplePorts;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How the shared rules follow from the node's addresses, its kernel parameters and the options. */
class NodeSetupTest {
    private static final String COMMENT =
            "-m comment --comment \"kubernetes service nodeports; NOTE: this must be the last rule in this chain\"";
    private static final String GUARD_JUMP =
            "-m comment --comment \"block incoming localnet connections\" -j KUBE-FIREWALL";

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "IPV4 | true  |                        | -m addrtype --dst-type LOCAL",
                "IPV4 | false |                        | ! -d 127.0.0.0/8 # -m addrtype --dst-type LOCAL",
                "IPV6 | true  |                        | ! -d ::1/128 # -m addrtype --dst-type LOCAL",
                "IPV4 | true  | 0.0.0.0/0 192.0.2.0/24 | -m addrtype --dst-type LOCAL",
            })
    void matchesEveryLocalAddress(IpFamily family, boolean localhost, String cidrs, String match) throws SyncException {
        Node node = node(family, localhost, cidrs);

        node.fullSync();

        String expected = match.contains("#") ? match.replace("#", COMMENT) : COMMENT + " " + match;
        assertThat(node.tools.rules("nat", SharedChains.SERVICES)).containsExactly(expected + " -j KUBE-NODEPORTS");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "IPV4 | true  | 192.0.2.0/24             | 192.0.2.10/32",
                "IPV4 | true  | 127.0.0.0/8 192.0.2.0/24 | 127.0.0.1/32 192.0.2.10/32",
                "IPV4 | false | 127.0.0.0/8 192.0.2.0/24 | 192.0.2.10/32",
                "IPV6 | true  | ::1/128 2001:db8::/32    | 2001:db8::10/128",
                "IPV4 | true  | 198.51.100.0/24          |",
            })
    void namesTheAddressesOfTheNode(IpFamily family, boolean localhost, String cidrs, String addresses)
            throws SyncException {
        Node node = node(family, localhost, cidrs);

        node.fullSync();

        List<String> expected = addresses == null ? List.of() : List.of(addresses.split(" "));
        assertThat(node.tools.rules("nat", SharedChains.SERVICES))
                .containsExactlyElementsOf(expected.stream()
                        .map(address -> "-d " + address + " " + COMMENT + " -j KUBE-NODEPORTS")
                        .toList());
    }

    @Test
    void followsTheAddressesOfTheNode() throws SyncException {
        Node node = node(IpFamily.IPV4, true, "192.0.2.0/24");
        node.fullSync();
        node.links.address("eth0", "192.0.2.11", 24);

        node.fullSync();

        assertThat(node.tools.rules("nat", SharedChains.SERVICES)).hasSize(2);
        node.links.removeAddress("eth0", "192.0.2.10");
        node.fullSync();
        assertThat(node.tools.rules("nat", SharedChains.SERVICES))
                .singleElement()
                .satisfies(rule -> assertThat(rule).startsWith("-d 192.0.2.11/32"));
    }

    @Test
    void opensLocalhostBehindTheGuard() throws SyncException {
        Node node = node(IpFamily.IPV4, true, null);

        node.fullSync();

        assertThat(node.sysctl.written()).containsEntry(Node.LOCALNET, "1");
        assertThat(node.tools.rules("filter", SharedChains.FIREWALL)).containsExactly(LoopbackGuard.dropRule());
        assertThat(node.tools.rules("filter", "INPUT")).contains(GUARD_JUMP);
        assertThat(node.tools.rules("filter", "OUTPUT")).contains(GUARD_JUMP);
    }

    @ParameterizedTest
    @CsvSource(value = {"IPV4,false,", "IPV4,true,192.0.2.0/24", "IPV6,true,"})
    void keepsLocalhostClosed(IpFamily family, boolean localhost, String cidrs) throws SyncException {
        Node node = node(family, localhost, cidrs);

        node.fullSync();

        assertThat(node.sysctl.written()).isEmpty();
        assertThat(node.tools.inForce("filter").has(SharedChains.FIREWALL)).isFalse();
    }

    @Test
    void saysWhenLocalhostCannotBeOpened() {
        Node node = node(IpFamily.IPV4, true, null);
        node.sysctl.readOnly(Node.LOCALNET);

        assertThatThrownBy(node::fullSync)
                .isInstanceOf(SyncException.class)
                .hasMessageContaining(Node.LOCALNET)
                .hasMessageContaining("iptables.localhostNodePorts");
    }

    @Test
    void usesTheGuardOfKubelet() throws SyncException {
        Node node = node(IpFamily.IPV4, true, null);
        kubelet(node);
        String before = node.dump("filter");

        node.fullSync();

        assertThat(node.tools.rules("filter", SharedChains.FIREWALL))
                .containsExactly("-m mark --mark 0x8000/0x8000 -j DROP", LoopbackGuard.dropRule());
        assertThat(node.tools.rules("filter", "INPUT")).doesNotContain(GUARD_JUMP);
        node.backend().cleanUp();
        assertThat(node.dump("filter")).isEqualTo(before);
    }

    @Test
    void leavesTheNodeAsItWas() throws SyncException {
        Node node = node(IpFamily.IPV4, true, null);
        node.tools.byOthers("*filter\n:DOCKER-USER - [0:0]\n-A FORWARD -j DOCKER-USER\nCOMMIT\n*nat\nCOMMIT\n");
        String nat = node.dump("nat");
        String filter = node.dump("filter");
        for (int number = 0; number < 10; number++) {
            node.snapshot.put(new SamplePorts(IpFamily.IPV4).plain(number, number % 3));
        }
        node.fullSync();
        node.restart();

        node.backend().cleanUp();

        assertThat(node.dump("nat")).isEqualTo(nat);
        assertThat(node.dump("filter")).isEqualTo(filter);
        assertThat(node.sysctl.read(Node.LOCALNET)).hasValue("0");
        node.tools.resetCounts();
        node.backend().cleanUp();
        assertThat(node.tools.restores()).as("nothing is left to clean up").isZero();
    }

    @Test
    void keepsTheGuardThatKubeletUses() throws SyncException {
        Node node = node(IpFamily.IPV4, true, null);
        node.fullSync();
        node.tools.byOthers("*filter\n-I INPUT -j KUBE-FIREWALL\n-I OUTPUT -j KUBE-FIREWALL\nCOMMIT\n");

        node.backend().cleanUp();

        assertThat(node.tools.rules("filter", SharedChains.FIREWALL)).containsExactly(LoopbackGuard.dropRule());
        assertThat(node.tools.rules("filter", "INPUT")).containsExactly("-j KUBE-FIREWALL");
        assertThat(node.sysctl.read(Node.LOCALNET)).as("still guarded").hasValue("1");
    }

    @ParameterizedTest
    @CsvSource({"0,3", "1,2"})
    void dropsInvalidPacketsUnlessConntrackIsLiberal(String liberal, int rules) throws SyncException {
        Node node = node(IpFamily.IPV4, true, null);
        node.sysctl.with("net.netfilter.nf_conntrack_tcp_be_liberal", liberal);

        node.fullSync();

        assertThat(node.tools.rules("filter", SharedChains.FORWARD)).hasSize(rules);
    }

    private static void kubelet(Node node) {
        node.tools.byOthers("""
            *filter
            :KUBE-FIREWALL - [0:0]
            -A KUBE-FIREWALL -m mark --mark 0x8000/0x8000 -j DROP
            -A KUBE-FIREWALL %s
            -A INPUT -j KUBE-FIREWALL
            -A OUTPUT -j KUBE-FIREWALL
            COMMIT
            """.formatted(LoopbackGuard.dropRule()));
    }

    private static Node node(IpFamily family, boolean localhost, @Nullable String cidrs) {
        List<Cidr> ranges = cidrs == null
                ? List.of()
                : Arrays.stream(cidrs.strip().split(" +")).map(Cidr::of).toList();
        IptablesConfig base = IptablesConfig.defaults(family);
        Node node = new Node(new IptablesConfig(
                new BackendConfig(family, base.localDetector(), NodePortAddresses.of(family, ranges)),
                new IptablesOptions(base.options().masquerade(), localhost)));
        node.links.address("eth0", "2001:db8::10", 64);
        return node;
    }
}
