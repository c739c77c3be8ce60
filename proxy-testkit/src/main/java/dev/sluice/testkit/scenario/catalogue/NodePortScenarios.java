package dev.sluice.testkit.scenario.catalogue;

import static dev.sluice.core.config.ProxyMode.IPTABLES;
import static dev.sluice.core.config.ProxyMode.IPVS;
import static dev.sluice.core.net.Protocol.UDP;
import static dev.sluice.testkit.scenario.Expected.Fails.REFUSED;
import static dev.sluice.testkit.scenario.Expected.reaches;
import static dev.sluice.testkit.scenario.Probe.fromClient;
import static dev.sluice.testkit.scenario.Probe.fromNode;
import static dev.sluice.testkit.scenario.Probe.fromPod;
import static dev.sluice.testkit.scenario.Scenario.scenario;
import static dev.sluice.testkit.scenario.ServiceTemplate.service;

import dev.sluice.core.net.IpAddress;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.Outcome;
import dev.sluice.testkit.scenario.DaemonSetup;
import dev.sluice.testkit.scenario.Probe;
import dev.sluice.testkit.scenario.Scenario;
import dev.sluice.testkit.scenario.ServiceTemplate;
import dev.sluice.testkit.scenario.Stage;
import java.util.List;
import org.assertj.core.api.Assertions;

/** What a node port does. */
final class NodePortScenarios {
    private NodePortScenarios() {}

    static List<Scenario> all() {
        return List.of(
                scenario("node-port", "81", "an outside client reaches a node port on the node's first address")
                        .given(web("a2", "b2").nodePort())
                        .then(
                                fromClient().toNodePort("web", 80).times(20),
                                reaches("a2", "b2").each())
                        .build(),
                scenario("node-port-second-address", "82", "a node port is served on the node's other address")
                        .given(web("b2").nodePort())
                        .then(fromClient().toSecondAddress("web", 80), reaches("b2"))
                        .build(),
                scenario("node-port-restricted", "84", "node ports are served on the configured ranges only")
                        .in(IPTABLES, IPVS)
                        .setup(DaemonSetup.USUAL.with("--nodeport-addresses=192.168.10.0/24,fd00:10::/64"))
                        .given(web("b2").nodePort())
                        .then(fromClient().toNodePort("web", 80), reaches("b2"))
                        .then(fromClient().toSecondAddress("web", 80), REFUSED)
                        .build(),
                scenario("node-port-host", "81", "a process on the node reaches a node port on its own address")
                        .given(web("b2").nodePort())
                        .then(fromNode().toNodePort("web", 80), reaches("b2"))
                        .build(),
                scenario("node-port-empty", "92", "a node port without endpoints is refused")
                        .given(service("web").port(80, 8080).nodePort())
                        .then(fromClient().toNodePort("web", 80), REFUSED)
                        .build(),
                scenario("node-port-udp", "93", "the answer to a datagram comes from the node port")
                        .given(service("dns")
                                .port("dns", UDP, 53, 5353)
                                .on("b2")
                                .nodePort())
                        .then(fromClient().toNodePort("dns", 53).udp(), reaches("b2"))
                        .act("the answer's source is the node", NodePortScenarios::udpAnswerComesFromTheNode)
                        .build(),
                scenario("node-port-deleted", "94", "the node port of a deleted Service is a closed port again")
                        .given(web("b2").nodePort())
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
                        .build());
    }

    /** A datagram socket that is connected takes answers of its peer only; this checks what the caller was told. */
    private static void udpAnswerComesFromTheNode(Stage stage) {
        Probe probe = fromClient().toNodePort("dns", 53).udp();
        int port = stage.allotment().nodePort("dns:53");
        IpAddress node = LabAddresses.of(LabAddresses.NODE_A, stage.family());
        Assertions.assertThat(stage.calls(probe).getFirst())
                .isInstanceOfSatisfying(
                        Outcome.Answer.class,
                        a -> Assertions.assertThat(a.from()).isEqualTo(node.withPort(port)));
    }

    private static ServiceTemplate web(String... pods) {
        return service("web").port(80, 8080).on(pods);
    }
}
