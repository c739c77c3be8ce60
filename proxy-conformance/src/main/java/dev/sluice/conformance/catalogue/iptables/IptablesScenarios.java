// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.iptables;

import static dev.sluice.conformance.scenario.Expected.Fails.REFUSED;
import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromClient;
import static dev.sluice.conformance.scenario.Probe.fromNode;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.http;
import static dev.sluice.conformance.scenario.SampleServices.web;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.core.config.ProxyMode.IPTABLES;
import static dev.sluice.core.config.ProxyMode.IPVS;
import static dev.sluice.core.config.ProxyMode.NFTABLES;

import dev.sluice.conformance.observe.NodeState;
import dev.sluice.conformance.scenario.DaemonSetup;
import dev.sluice.conformance.scenario.Flavour;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.LabHost;
import dev.sluice.testkit.lab.Outcome;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import org.assertj.core.api.Assertions;

/** The rules in the kernel. */
public final class IptablesScenarios {
    private IptablesScenarios() {}

    public static List<Scenario> all() {
        return List.of(
                scenario("jumps", "147", "the jumps into the proxy's chains have kube-proxy's matches and comments")
                        .in(IPTABLES)
                        .act("all jumps are there", IptablesScenarios::expectJumps)
                        .build(),
                scenario("chain-names", "14, 146", "chain names are kube-proxy's hashes")
                        .in(IPTABLES)
                        .given(web())
                        .then(fromPod("a3").to("web", 80), reaches("b2"))
                        .act("the chain is there", stage -> {
                            String hash = hash(stage.allotment().namespace() + "/webtcp");
                            Assertions.assertThat(NodeState.rulesOfFamily(stage))
                                    .contains(":KUBE-SVC-" + hash);
                        })
                        .build(),
                scenario("variant", "-", "the rules are in the variant of iptables that the host uses, and in no other")
                        .in(IPTABLES)
                        .given(web())
                        .then(fromPod("a3").to("web", 80), reaches("b2"))
                        .act("one variant has them", IptablesScenarios::expectOneVariant)
                        .build(),
                scenario("probabilities", "21", "three endpoints are chosen with probabilities 1/3, 1/2 and 1")
                        .in(IPTABLES)
                        .given(web("a2", "b2", "b3"))
                        .then(fromPod("a3").to("web", 80), reaches("a2", "b2", "b3"))
                        .act("the probabilities are there", IptablesScenarios::expectProbabilities)
                        .build(),
                scenario("foreign-rules", "148", "rules of others are left alone")
                        .act("foreign rules", stage -> foreignRules(stage, "-A"))
                        .given(web())
                        .then(fromPod("a3").to("web", 80), reaches("b2"))
                        .given(web("b3"))
                        .then(fromPod("a3").to("web", 80), reaches("b3"))
                        .act("they are all there, once", IptablesScenarios::expectForeignRules)
                        .act("foreign rules go", stage -> foreignRules(stage, "-D"))
                        .build(),
                scenario("forward-drop", "157", "a node port works when the node forwards nothing by default")
                        .in(IPTABLES, IPVS)
                        .setup(DaemonSetup.DEFAULT.alone())
                        .given(web("a2", "b2").nodePort())
                        .act(
                                "FORWARD drops",
                                stage -> stage.lab()
                                        .node()
                                        .run(NodeState.tool(stage, ""), "-w", "-P", "FORWARD", "DROP")
                                        .orThrow())
                        .then(
                                fromClient().toNodePort("web", 80).times(20),
                                reaches("a2", "b2").each())
                        .build(),
                scenario("localhost", "87", "a process on the node reaches a node port on 127.0.0.1")
                        .in(IPTABLES)
                        .once()
                        .given(web().nodePort())
                        .act("127.0.0.1 answers", stage -> expectLoopback(stage, Outcome.Answer.class))
                        .build(),
                scenario("localhost-off", "88", "a node port is not served on 127.0.0.1 when that is switched off")
                        .in(IPTABLES)
                        .once()
                        .setup(DaemonSetup.DEFAULT.with("--iptables-localhost-nodeports=false"))
                        .given(web().nodePort())
                        .then(fromNode().toNodePort("web", 80), reaches("b2"))
                        .act("127.0.0.1 does not answer", stage -> {
                            Outcome outcome =
                                    stage.caller(LabAddresses.NODE_A).tcp(IpAddress.of("127.0.0.1"), nodePort(stage));
                            Assertions.assertThat(outcome).isNotInstanceOf(Outcome.Answer.class);
                        })
                        .build(),
                scenario("localhost-elsewhere", "90", "a node port is not served on 127.0.0.1")
                        .in(IPVS, NFTABLES)
                        .once()
                        .given(web().nodePort())
                        .then(fromNode().toNodePort("web", 80), reaches("b2"))
                        .act("127.0.0.1 refuses", stage -> expectLoopback(stage, Outcome.Refused.class))
                        .build(),
                scenario("no-leak-between-ports", "92", "a node port without endpoints leaves its neighbour alone")
                        .given(http("web").nodePort(), http("other").on("b2").nodePort())
                        .then(fromClient().toNodePort("web", 80), REFUSED)
                        .then(fromClient().toNodePort("other", 80), reaches("b2"))
                        .build());
    }

    private static int nodePort(Stage stage) {
        return stage.allotment().nodePort("web:80");
    }

    private static void expectLoopback(Stage stage, Class<? extends Outcome> expected) {
        stage.eventually(
                "127.0.0.1 comes to " + expected.getSimpleName(),
                () -> expected.isInstance(stage.lab().node().tcp(IpAddress.of("127.0.0.1"), nodePort(stage))));
    }

    private static void expectJumps(Stage stage) {
        String rules = NodeState.rulesOfFamily(stage);
        Assertions.assertThat(rules)
                .contains(
                        jump("INPUT", true, "kubernetes externally-visible service portals", "KUBE-EXTERNAL-SERVICES"),
                        jump(
                                "FORWARD",
                                true,
                                "kubernetes externally-visible service portals",
                                "KUBE-EXTERNAL-SERVICES"),
                        jump("INPUT", false, "kubernetes health check service ports", "KUBE-NODEPORTS"),
                        jump("FORWARD", true, "kubernetes service portals", "KUBE-SERVICES"),
                        jump("OUTPUT", true, "kubernetes service portals", "KUBE-SERVICES"),
                        jump("FORWARD", false, "kubernetes forwarding rules", "KUBE-FORWARD"),
                        jump("INPUT", true, "kubernetes load balancer firewall", "KUBE-PROXY-FIREWALL"),
                        jump("OUTPUT", true, "kubernetes load balancer firewall", "KUBE-PROXY-FIREWALL"),
                        jump("FORWARD", true, "kubernetes load balancer firewall", "KUBE-PROXY-FIREWALL"),
                        jump("OUTPUT", false, "kubernetes service portals", "KUBE-SERVICES"),
                        jump("PREROUTING", false, "kubernetes service portals", "KUBE-SERVICES"),
                        jump("POSTROUTING", false, "kubernetes postrouting rules", "KUBE-POSTROUTING"));
        if (stage.family() == IpFamily.IPV4) {
            // with its own comment: kubelet's jump to the same chain has none
            Assertions.assertThat(rules)
                    .containsPattern("-A INPUT .*-j KUBE-FIREWALL")
                    .containsPattern("-A OUTPUT .*-j KUBE-FIREWALL");
        }
    }

    private static String jump(String chain, boolean onlyNew, String comment, String target) {
        return "-A " + chain + (onlyNew ? " -m conntrack --ctstate NEW" : "") + " -m comment --comment \"" + comment
                + "\" -j " + target;
    }

    private static void expectOneVariant(Stage stage) {
        boolean legacy = stage.flavour() == Flavour.IPTABLES_LEGACY;
        String tool = NodeState.tool(stage, "");
        LabHost node = stage.lab().node();
        Assertions.assertThat(node.run(tool + "-legacy-save").orThrow().contains(":KUBE-SVC-"))
                .as("rules in the legacy tables")
                .isEqualTo(legacy);
        Assertions.assertThat(node.run(tool + "-nft-save").orThrow().contains(":KUBE-SVC-"))
                .as("rules in nf_tables")
                .isEqualTo(!legacy);
    }

    private static void expectProbabilities(Stage stage) {
        String chain = "-A KUBE-SVC-" + hash(stage.allotment().namespace() + "/webtcp") + " ";
        List<String> rules = NodeState.rulesOfFamily(stage)
                .lines()
                .filter(l -> l.startsWith(chain) && l.contains("-j KUBE-SEP-"))
                .toList();
        Assertions.assertThat(rules).hasSize(3);
        Assertions.assertThat(rules.get(0)).contains("--mode random --probability 0.3333333");
        Assertions.assertThat(rules.get(1)).contains("--mode random --probability 0.5000000");
        Assertions.assertThat(rules.get(2)).doesNotContain("statistic");
    }

    /** The first 16 characters of the base32 SHA-256 of {@code text}. */
    private static String hash(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            StringBuilder name = new StringBuilder();
            for (int i = 0; i < 16; i++) {
                int bit = i * 5;
                int pair = (digest[bit / 8] & 0xff) << 8 | digest[bit / 8 + 1] & 0xff;
                name.append("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".charAt(pair >> (11 - bit % 8) & 31));
            }
            return name.toString();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<String> foreign(Stage stage) {
        String address = stage.family() == IpFamily.IPV4 ? "198.51.100.7/32" : "2001:db8:7::7/128";
        return List.of(
                "filter INPUT -d " + address + " -j DROP",
                "filter FORWARD -d " + address + " -j DROP",
                "nat PREROUTING -d " + address + " -j ACCEPT",
                "nat POSTROUTING -d " + address + " -j ACCEPT",
                "mangle PREROUTING -d " + address + " -j ACCEPT");
    }

    private static void foreignRules(Stage stage, String operation) {
        LabHost node = stage.lab().node();
        for (String rule : foreign(stage)) {
            String[] words = rule.split(" ");
            String[] command = new String[words.length + 4];
            command[0] = NodeState.tool(stage, "");
            command[1] = "-w";
            command[2] = "-t";
            command[3] = words[0];
            command[4] = operation;
            System.arraycopy(words, 1, command, 5, words.length - 1);
            node.run(command).orThrow();
        }
    }

    private static void expectForeignRules(Stage stage) {
        String tool = NodeState.tool(stage, "-save");
        List<String> rules = stage.lab().node().run(tool).orThrow().lines().toList();
        for (String rule : foreign(stage)) {
            String line = "-A " + rule.substring(rule.indexOf(' ') + 1);
            Assertions.assertThat(rules).contains(line);
        }
    }
}
