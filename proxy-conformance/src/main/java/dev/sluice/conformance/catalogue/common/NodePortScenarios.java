// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.common;

import static dev.sluice.conformance.scenario.Expected.Fails.REFUSED;
import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromClient;
import static dev.sluice.conformance.scenario.Probe.fromNode;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.dns;
import static dev.sluice.conformance.scenario.SampleServices.http;
import static dev.sluice.conformance.scenario.SampleServices.web;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.core.config.ProxyMode.IPTABLES;
import static dev.sluice.core.config.ProxyMode.IPVS;
import static dev.sluice.core.config.ProxyMode.NFTABLES;
import static dev.sluice.core.config.ProxyMode.USERSPACE;
import static dev.sluice.core.net.IpFamily.IPV4;
import static dev.sluice.core.net.IpFamily.IPV6;
import static dev.sluice.core.net.Protocol.TCP;

import dev.sluice.conformance.observe.NodeState;
import dev.sluice.conformance.scenario.DaemonSetup;
import dev.sluice.conformance.scenario.Probe;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.trace.Trace.Verdict;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.Outcome;
import java.io.IOException;
import java.nio.channels.ServerSocketChannel;
import java.util.List;
import org.assertj.core.api.Assertions;

/** The behaviour of node ports. */
public final class NodePortScenarios {
    private NodePortScenarios() {}

    public static List<Scenario> all() {
        return List.of(
                scenario("node-port", "81", "an outside client reaches a node port on the node's first address")
                        .given(web("a2", "b2").nodePort())
                        .then(
                                fromClient().toNodePort("web", 80).times(20),
                                reaches("a2", "b2").each())
                        .build(),
                scenario("node-port-second-address", "82", "a node port is served on the node's other address")
                        .in(IPTABLES, IPVS, USERSPACE)
                        .given(web().nodePort())
                        .then(fromClient().toSecondAddress("web", 80), reaches("b2"))
                        .build(),
                scenario(
                                "node-port-second-address-nftables",
                                "83",
                                "in nftables mode a node port is served on the node's first address only, by default")
                        .in(NFTABLES)
                        .given(web().nodePort())
                        .then(fromClient().toNodePort("web", 80), reaches("b2"))
                        .then(fromClient().toSecondAddress("web", 80), REFUSED)
                        .build(),
                scenario(
                                "node-port-everywhere",
                                "82",
                                "in nftables mode all addresses of the node serve node ports if the ranges say so")
                        .in(NFTABLES)
                        .setup(DaemonSetup.DEFAULT.with("--nodeport-addresses=0.0.0.0/0,::/0"))
                        .given(web().nodePort())
                        .then(fromClient().toNodePort("web", 80), reaches("b2"))
                        .then(fromClient().toSecondAddress("web", 80), reaches("b2"))
                        .build(),
                scenario("node-port-restricted", "84", "node ports are served on the configured ranges only")
                        .setup(DaemonSetup.DEFAULT.with("--nodeport-addresses=192.168.10.0/24,fd00:10::/64"))
                        .given(web().nodePort())
                        .then(fromClient().toNodePort("web", 80), reaches("b2"))
                        .then(fromClient().toSecondAddress("web", 80), REFUSED)
                        .build(),
                scenario("node-port-host", "81", "a process on the node reaches a node port on its own address")
                        .given(web().nodePort())
                        .then(fromNode().toNodePort("web", 80), reaches("b2"))
                        .build(),
                scenario("node-port-empty", "92", "a node port without endpoints is refused")
                        .given(http("web").nodePort())
                        .then(fromClient().toNodePort("web", 80), REFUSED)
                        .build(),
                scenario("node-port-udp", "93", "the answer to a datagram comes from the node port")
                        .given(dns("b2").nodePort())
                        .then(fromClient().toNodePort("dns", 53).udp(), reaches("b2"))
                        .act("the answer's source is the node", NodePortScenarios::udpAnswerComesFromTheNode)
                        .build(),
                scenario("node-port-deleted", "94", "the node port of a deleted Service is a closed port again")
                        .given(web().nodePort())
                        .then(fromClient().toNodePort("web", 80), reaches("b2"))
                        .given()
                        .then(fromClient().toNodePort("web", 80), REFUSED)
                        .build(),
                scenario("node-port-pod", "98", "a Pod reaches a node port of its own node")
                        .given(web("a2", "b2").nodePort())
                        .then(
                                fromPod("a3").toNodePort("web", 80).times(20),
                                reaches("a2", "b2").each())
                        .build(),
                scenario(
                                "node-port-hairpin",
                                "34, 98",
                                "a Pod that is the endpoint of a node port reaches itself by it")
                        .given(web("a2").nodePort())
                        .then(fromPod("a2").toNodePort("web", 80), reaches("a2").seeingTheNode())
                        .build(),
                scenario("node-port-primary", "85", "with 'primary' node ports are served on the node's address only")
                        .setup(DaemonSetup.DEFAULT.with("--nodeport-addresses=primary"))
                        .given(web().nodePort())
                        .then(fromClient().toNodePort("web", 80), reaches("b2"))
                        .then(fromClient().toSecondAddress("web", 80), REFUSED)
                        .build(),
                scenario(
                                "node-port-late-address",
                                "95, trap 35",
                                "a node port is served on an address that comes to the node later, if it is in the"
                                        + " ranges")
                        .setup(DaemonSetup.DEFAULT
                                .with("--nodeport-addresses=192.168.10.0/24,fd00:10::/64")
                                .alone())
                        .given(web().nodePort())
                        .then(fromClient().toNodePort("web", 80), reaches("b2"))
                        .act("addresses come and go", NodePortScenarios::expectServedOnLateAddress)
                        .build(),
                scenario(
                                "node-port-one-family",
                                "86, trap 20",
                                "ranges of one family only leave the other family's addresses open")
                        .once()
                        .setup(DaemonSetup.DEFAULT.with("--nodeport-addresses=192.168.10.0/24"))
                        .given(web().dualStack().nodePort())
                        .then(fromClient().toNodePort("web", 80).in(IPV4), reaches("b2"))
                        .then(fromClient().toSecondAddress("web", 80).in(IPV4), REFUSED)
                        .then(fromClient().toNodePort("web", 80).in(IPV6), reaches("b2"))
                        .then(fromClient().toSecondAddress("web", 80).in(IPV6), reaches("b2"))
                        .build(),
                scenario("localhost-v6", "89", "a node port is not served on ::1")
                        .in(IPTABLES, IPVS, NFTABLES)
                        .once()
                        .given(web().dualStack().nodePort())
                        .then(fromNode().toNodePort("web", 80).in(IPV6), reaches("b2"))
                        .act("::1 refuses", stage -> expectAtLoopback6(stage, Outcome.Refused.class))
                        .build(),
                scenario("localhost-v6-userspace", "89", "in userspace mode a node port answers on ::1 too")
                        .in(USERSPACE)
                        .once()
                        .given(web().dualStack().nodePort())
                        .then(fromNode().toNodePort("web", 80).in(IPV6), reaches("b2"))
                        .act("::1 answers", stage -> expectAtLoopback6(stage, Outcome.Answer.class))
                        .build(),
                scenario(
                                "node-port-not-on-vip",
                                "trap 18, trap 34",
                                "a node port is not served on the load balancer's address")
                        .given(web().loadBalancer())
                        .then(fromClient().toOutside("web", 80), reaches("b2"))
                        .act("its number is not served there", NodePortScenarios::expectNodePortNotOnVip)
                        .build(),
                scenario(
                                "node-port-taken",
                                "96",
                                "a process that binds the number of a node port gets no traffic of it")
                        .given(web().nodePort())
                        .act("another process listens there", NodePortScenarios::takeNodePort)
                        .build());
    }

    private static void expectServedOnLateAddress(Stage stage) throws IOException {
        boolean v4 = stage.family() == IPV4;
        IpAddress inside = IpAddress.of(v4 ? "192.168.10.77" : "fd00:10::77");
        IpAddress outside = IpAddress.of(v4 ? "192.168.20.77" : "fd00:20::77");
        int port = stage.allotment().nodePort("web:80");
        address(stage, "add", outside, "eth1");
        address(stage, "add", inside, "eth0");
        stage.eventually(
                "the late address " + inside + " serves the node port",
                () -> stage.lab().client().tcp(inside, port) instanceof Outcome.Answer a
                        && a.pod().equals("b2"));
        // userspace mode's rules match any address of the node, so packets may pass before the daemon knows the new one
        stage.eventually(
                "explain says that " + inside + " is served", () -> verdict(stage, inside, port) == Verdict.FORWARD);
        Assertions.assertThat(stage.caller(LabAddresses.CLIENT).tcp(outside, port))
                .isInstanceOf(Outcome.Refused.class);
        Assertions.assertThat(verdict(stage, outside, port)).isEqualTo(Verdict.NOT_A_SERVICE);
        address(stage, "del", inside, "eth0");
        stage.eventually(
                "explain says that " + inside + " is served no more",
                () -> verdict(stage, inside, port) == Verdict.NOT_A_SERVICE);
        Assertions.assertThat(NodeState.rulesOfFamily(stage)).doesNotContain(inside.toString());
    }

    private static void address(Stage stage, String operation, IpAddress address, String device) {
        int length = address.family() == IPV4 ? 24 : 64;
        stage.lab()
                .node()
                .run("ip", "addr", operation, address + "/" + length, "dev", device)
                .orThrow();
    }

    private static Verdict verdict(Stage stage, IpAddress to, int port) throws IOException {
        IpAddress client = LabAddresses.of(LabAddresses.CLIENT, to.family());
        return stage.daemon().explain(TCP, client, to, port, "eth1").verdict();
    }

    private static void expectAtLoopback6(Stage stage, Class<? extends Outcome> expected) {
        int port = stage.allotment().nodePort("web:80");
        Outcome outcome = stage.caller(LabAddresses.NODE_A).tcp(IpAddress.of("::1"), port);
        Assertions.assertThat(outcome).isInstanceOf(expected);
    }

    private static void expectNodePortNotOnVip(Stage stage) {
        int port = stage.allotment().nodePort("web:80");
        Outcome outcome =
                stage.caller(LabAddresses.CLIENT).tcp(stage.allotment().outsideIp("web", stage.family()), port);
        Assertions.assertThat(outcome).isNotInstanceOf(Outcome.Answer.class);
    }

    /** Sluice holds no socket for a node port: its rules take precedence over the node's sockets. */
    private static void takeNodePort(Stage stage) throws IOException {
        int port = stage.allotment().nodePort("web:80");
        try (ServerSocketChannel taken = stage.lab().node().listen(port)) {
            Assertions.assertThat(taken.isOpen()).isTrue();
            stage.check(fromClient().toNodePort("web", 80).times(4), reaches("b2"));
        }
    }

    /** A connected datagram socket accepts only its peer's answers; this checks the address that the caller saw. */
    private static void udpAnswerComesFromTheNode(Stage stage) {
        Probe probe = fromClient().toNodePort("dns", 53).udp();
        int port = stage.allotment().nodePort("dns:53");
        IpAddress node = LabAddresses.of(LabAddresses.NODE_A, stage.family());
        Assertions.assertThat(stage.calls(probe).getFirst())
                .isInstanceOfSatisfying(
                        Outcome.Answer.class,
                        a -> Assertions.assertThat(a.from()).isEqualTo(node.withPort(port)));
    }
}
