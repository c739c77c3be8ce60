// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.ipvs;

import static dev.sluice.conformance.scenario.Expected.Fails.REFUSED;
import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromClient;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.http;
import static dev.sluice.conformance.scenario.SampleServices.web;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.core.config.ProxyMode.IPVS;

import dev.sluice.conformance.observe.NodeState;
import dev.sluice.conformance.scenario.DaemonSetup;
import dev.sluice.conformance.scenario.Probe;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.ServiceTemplate;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.lab.Connection;
import dev.sluice.testkit.lab.LabHost;
import dev.sluice.testkit.lab.Outcome;
import java.io.IOException;
import java.nio.channels.ServerSocketChannel;
import java.util.List;
import org.assertj.core.api.Assertions;

/** The configuration of ipvs mode, the state that it finds, and the content of its sets. */
public final class IpvsDetailScenarios {
    private static final DaemonSetup OPTIONS =
            DaemonSetup.DEFAULT.with("--ipvs-scheduler=mh", "--ipvs-strict-arp", "--ipvs-tcp-timeout=100s");

    private IpvsDetailScenarios() {}

    public static List<Scenario> all() {
        return List.of(
                scenario("unknown-scheduler", "164", "a scheduler that the kernel does not know ends the start")
                        .in(IPVS)
                        .once()
                        .setup(DaemonSetup.DEFAULT.alone().unstarted())
                        .act("start", stage -> {
                            stage.session().launch("--ipvs-scheduler=nonsense");
                            Assertions.assertThat(stage.session().awaitEnd()).isEqualTo(1);
                            NodeState.expectLogged(stage, "--ipvs-scheduler=nonsense");
                        })
                        .build(),
                scenario("maglev", "163, 165", "mh hashes the source port too, and falls back from a draining server")
                        .in(IPVS)
                        .setup(OPTIONS)
                        .given(web("a2", "b2"))
                        .then(
                                fromPod("a3").to("web", 80).times(20),
                                reaches("a2", "b2").each())
                        .act(
                                "ipvsadm shows it",
                                stage -> Assertions.assertThat(NodeState.virtualServers(
                                                stage.lab().node()))
                                        .containsPattern("-A -t \\Q" + vip(stage) + "\\E -s mh -b .*mh-port"))
                        .build(),
                scenario(
                                "arp-and-timeouts",
                                "173, 174, trap 15, trap 17",
                                "strict ARP and time-outs are set as told, the others are left")
                        .in(IPVS)
                        .once()
                        .setup(OPTIONS)
                        .act("the kernel has them", IpvsDetailScenarios::expectOptions)
                        .build(),
                scenario("drained", "168, trap 13", "a draining endpoint is deleted when its last connection is over")
                        .in(IPVS)
                        .given(web())
                        .act("its last connection ends", IpvsDetailScenarios::drain)
                        .build(),
                scenario(
                                "drain-timeout",
                                "168, trap 13",
                                "connections of an endpoint that is gone end when the Service's drain time is over")
                        .in(IPVS)
                        .given(draining("b2"))
                        .open("first", fromPod("a3").to("web", 80))
                        .given(draining("b3"))
                        .act("its destination goes, the others serve on", IpvsDetailScenarios::drainTimeIsOver)
                        .build(),
                scenario("drain-timeout-nonsense", "168", "a drain time that is none is reported, and ignored")
                        .in(IPVS)
                        .given(web().annotation("sluice.dev/ipvs-drain-timeout", "soon"))
                        .then(fromPod("a3").to("web", 80), reaches("b2"))
                        .act(
                                "it is reported",
                                stage -> NodeState.expectProblem(
                                        stage, "web", "sluice.dev/ipvs-drain-timeout", "'soon'"))
                        .build(),
                scenario(
                                "found-at-start",
                                "129, 171, 172, 180, trap 13, trap 24",
                                "a restart leaves foreign servers, repairs own weights, and keeps the affinity of"
                                        + " clients")
                        .in(IPVS)
                        .setup(DaemonSetup.DEFAULT
                                .alone()
                                .with("--ipvs-exclude-cidrs=198.51.100.0/24,2001:db8:51::/64"))
                        .given(
                                web("b2", "b3"),
                                http("sticky").on("a2", "b2", "b3").spec("sessionAffinity", "ClientIP"))
                        .then(
                                fromPod("a3").to("web", 80).times(10),
                                reaches("b2", "b3").each())
                        .open("sticky", fromPod("a4").to("sticky", 80))
                        .act("a restart", IpvsDetailScenarios::restart)
                        .stillOpen("sticky")
                        .act(
                                "the client keeps its endpoint",
                                stage -> NodeState.expectAnswersOf(
                                        stage.openedTo("sticky"),
                                        stage,
                                        fromPod("a4").to("sticky", 80).times(6)))
                        .then(
                                fromPod("a3").to("web", 80).times(10),
                                reaches("b2", "b3").each())
                        .build(),
                scenario("host-port", "176, trap 16", "a process of the node is not reached at a cluster IP")
                        .in(IPVS)
                        .given(web())
                        .then(fromClient().to("web", 80), reaches("b2"))
                        .act("a process listens on all addresses", IpvsDetailScenarios::hostPort)
                        .build(),
                scenario("set-members", "177, 178", "the sets hold what a Service needs and nothing else")
                        .in(IPVS)
                        .given(web("a2", "b2")
                                .loadBalancer()
                                .spec("loadBalancerSourceRanges", "[\"192.168.0.0/16\", \"fd00::/16\"]"))
                        .then(fromClient().toOutside("web", 80), reaches("a2", "b2"))
                        .act("ipset shows it", IpvsDetailScenarios::expectMembers)
                        .build());
    }

    private static String vip(Stage stage) {
        return stage.allotment().clusterIp("web").withPort(80);
    }

    private static String pod(Stage stage, String name) {
        return stage.lab().pod(name).address(stage.family()).withPort(8080);
    }

    private static void expectOptions(Stage stage) {
        LabHost node = stage.lab().node();
        Assertions.assertThat(node.run("cat", "/proc/sys/net/ipv4/conf/all/arp_ignore")
                        .orThrow())
                .isEqualTo("1\n");
        Assertions.assertThat(node.run("cat", "/proc/sys/net/ipv4/conf/all/arp_announce")
                        .orThrow())
                .isEqualTo("2\n");
        Assertions.assertThat(node.run("ipvsadm", "-L", "--timeout").orThrow()).contains("100 120 300");
    }

    /** The client resets, because the kernel keeps a connection that is closed in order for two minutes. */
    private static void drain(Stage stage) throws IOException {
        Probe probe = fromPod("a3").to("web", 80);
        Connection connection = stage.connect(probe);
        stage.eventually("b2 answers", () -> connection.ask() instanceof Outcome.Answer);
        stage.given(List.of(web("b3")));
        stage.eventually("b2 drains", () -> servers(stage).stream().anyMatch(l -> l.endsWith("-w 0")));
        // a busy machine may take longer than a call's limit; a connection that was cut would never answer
        stage.eventually("b2 answers while it drains", () -> connection.ask() instanceof Outcome.Answer);
        connection.reset();
        stage.eventually("b2 is deleted", () -> servers(stage).stream().noneMatch(l -> l.contains(pod(stage, "b2"))));
        stage.check(probe.times(4), reaches("b3"));
    }

    private static ServiceTemplate draining(String pod) {
        return web(pod).annotation("sluice.dev/ipvs-drain-timeout", "5s");
    }

    private static void drainTimeIsOver(Stage stage) {
        stage.check(fromPod("a3").to("web", 80).times(4), reaches("b3"));
        stage.eventually("b2 is deleted", () -> servers(stage).stream().noneMatch(l -> l.contains(pod(stage, "b2"))));
        stage.check(fromPod("a3").to("web", 80).times(4), reaches("b3"));
    }

    private static List<String> servers(Stage stage) {
        return NodeState.virtualServers(stage.lab().node())
                .lines()
                .map(String::strip)
                .filter(l -> l.startsWith("-a -t " + vip(stage) + " "))
                .toList();
    }

    private static void restart(Stage stage) {
        LabHost node = stage.lab().node();
        boolean v4 = stage.family() == IpFamily.IPV4;
        String foreign = v4 ? "192.0.2.1:80" : "[2001:db8:2::1]:80";
        String excluded = v4 ? "198.51.100.1:80" : "[2001:db8:51::1]:80";
        stage.daemon().kill();
        for (String server : List.of(foreign, excluded)) {
            node.run("ipvsadm", "-A", "-t", server, "-s", "wlc").orThrow();
            node.run("ipvsadm", "-a", "-t", server, "-r", pod(stage, "b4"), "-m")
                    .orThrow();
        }
        node.run("ipvsadm", "-e", "-t", vip(stage), "-r", pod(stage, "b2"), "-m", "-w", "0")
                .orThrow();
        stage.session().start();
        String found = NodeState.virtualServers(node);
        Assertions.assertThat(found)
                .contains("-A -t " + foreign + " -s wlc", "-a -t " + foreign + " -r " + pod(stage, "b4"))
                .contains("-A -t " + excluded + " -s wlc", "-a -t " + excluded + " -r " + pod(stage, "b4"));
        stage.eventually(
                "b2 has weight 1",
                () -> servers(stage).stream().anyMatch(l -> l.contains(pod(stage, "b2")) && l.endsWith("-w 1")));
    }

    private static void hostPort(Stage stage) throws IOException {
        int port = stage.allotment().freePort("host");
        try (ServerSocketChannel listener = stage.lab().node().listen(port)) {
            Assertions.assertThat(listener.isOpen()).isTrue();
            stage.check(fromClient().to("web", port), REFUSED);
            stage.check(fromPod("a3").to("web", port), REFUSED);
        }
    }

    private static void expectMembers(Stage stage) {
        boolean v4 = stage.family() == IpFamily.IPV4;
        String prefix = v4 ? "add KUBE-" : "add KUBE-6-";
        IpAddress cluster = stage.allotment().clusterIp("web");
        IpAddress outside = stage.allotment().outsideIp("web", stage.family());
        IpAddress node = stage.lab().node().address(stage.family());
        int nodePort = stage.allotment().nodePort("web:80");
        String cidrs = v4 ? "LOAD-BALANCER-SOURCE-CIDR " : "LOAD-BALANCER-SOURCE-CID ";
        List<String> lines =
                stage.lab().node().run("ipset", "save").orThrow().lines().toList();
        Assertions.assertThat(lines.stream()
                        .filter(l -> l.contains(" " + cluster + ",")
                                || l.contains(" " + outside + ",")
                                || l.endsWith(" " + cluster)
                                || l.endsWith(" " + outside)))
                .containsExactlyInAnyOrder(
                        prefix + "CLUSTER-IP " + cluster + ",tcp:80",
                        prefix + "LOAD-BALANCER " + outside + ",tcp:80",
                        prefix + "LOAD-BALANCER-FW " + outside + ",tcp:80",
                        prefix + cidrs + outside + ",tcp:80," + (v4 ? "192.168.0.0/16" : "fd00::/16"),
                        prefix + "LOAD-BALANCER-SOURCE-IP " + outside + ",tcp:80," + outside,
                        prefix + "IPVS-IPS " + cluster,
                        prefix + "IPVS-IPS " + outside);
        Assertions.assertThat(lines)
                .contains(prefix + "NODE-PORT-TCP " + nodePort, prefix + "IPVS-NODE-PORT " + node + ",tcp:" + nodePort)
                .doesNotContain(prefix + "NODE-PORT-LOCAL-TCP " + nodePort);
        Assertions.assertThat(lines.stream()
                        .filter(l -> l.startsWith("create KUBE-6-"))
                        .map(l -> l.split(" ")[1]))
                .isNotEmpty()
                .allMatch(name -> name.length() <= 31);
    }
}
