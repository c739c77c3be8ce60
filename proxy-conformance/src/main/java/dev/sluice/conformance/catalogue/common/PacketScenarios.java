// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.common;

import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromClient;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.web;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.core.config.ProxyMode.IPTABLES;
import static dev.sluice.core.config.ProxyMode.IPVS;
import static dev.sluice.core.config.ProxyMode.NFTABLES;
import static dev.sluice.core.config.ProxyMode.USERSPACE;

import dev.sluice.conformance.observe.NodeState;
import dev.sluice.conformance.scenario.DaemonSetup;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.lab.Caller;
import dev.sluice.testkit.lab.Connection;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.LabHost;
import dev.sluice.testkit.lab.Outcome;
import dev.sluice.testkit.lab.RawTcp;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.assertj.core.api.Assertions;

/** Packets that no well-behaved client sends, and the node's own rules. */
public final class PacketScenarios {
    private static final DaemonSetup ALONE = DaemonSetup.DEFAULT.alone();
    private static final IpAddress LOOPBACK = IpAddress.of("127.0.0.1");
    private static final int LOCAL_PORT = 7777;
    private static final int HEALTH_PORT = 32119;

    private PacketScenarios() {}

    public static List<Scenario> all() {
        return List.of(
                scenario("ping", "41", "a ping of a cluster IP is none of the proxy's business")
                        .in(IPTABLES, USERSPACE)
                        .given(web("a2", "b2"))
                        .then(fromPod("a3").to("web", 80), reaches("a2", "b2"))
                        .act(
                                "nobody answers",
                                stage -> Assertions.assertThat(ping(stage)).isIn(new Outcome.TimedOut(), UNREACHABLE))
                        .build(),
                scenario("ping-refused", "40, 41", "a ping of a cluster IP is refused, whatever the protocol asks for")
                        .in(IPVS, NFTABLES)
                        .given(web("a2", "b2"))
                        .then(fromPod("a3").to("web", 80), reaches("a2", "b2"))
                        .act(
                                "it is refused",
                                stage -> Assertions.assertThat(ping(stage)).isEqualTo(new Outcome.Refused()))
                        .build(),
                scenario(
                                "martian",
                                "91, trap 33",
                                "though loopback addresses are routed, no other host gets at 127.0.0.1")
                        .in(IPTABLES)
                        .once()
                        .setup(ALONE.unstarted())
                        .act("a packet for 127.0.0.1 from outside", PacketScenarios::martian)
                        .build(),
                healthPortOpen("health-port-open").in(IPTABLES).build(),
                healthPortOpen("health-port-open-ipvs").in(IPVS).once().build(),
                scenario(
                                "out-of-window",
                                "158, trap 7",
                                "a segment out of its window is dropped, the connection lives on")
                        .in(IPTABLES)
                        .setup(ALONE)
                        .given(web())
                        .then(fromPod("a3").to("web", 80), reaches("b2"))
                        .act("the endpoint sends a stray segment", PacketScenarios::strayIsDropped)
                        .build(),
                scenario(
                                "be-liberal",
                                "159, trap 7",
                                "where conntrack is liberal no rule drops segments out of their window")
                        .in(IPTABLES)
                        .setup(DaemonSetup.DEFAULT.with("--conntrack-tcp-be-liberal"))
                        .given(web())
                        .then(fromPod("a3").to("web", 80), reaches("b2"))
                        .act(
                                "there is no such rule",
                                stage -> Assertions.assertThat(NodeState.rulesOfFamily(stage))
                                        .contains("KUBE-FORWARD")
                                        .doesNotContain("INVALID"))
                        .build(),
                scenario(
                                "mark-cleared",
                                "160, 193, trap 22",
                                "the masquerade mark is gone when a packet leaves the node")
                        .in(IPTABLES, NFTABLES)
                        .setup(ALONE)
                        .given(web().nodePort())
                        .act("packets are counted behind the proxy's rules", PacketScenarios::countMarked)
                        .build(),
                scenario("masquerade-bit", "156", "another masquerade bit is the one that all rules use")
                        .in(IPTABLES)
                        .setup(DaemonSetup.DEFAULT.with("--iptables-masquerade-bit=5"))
                        .given(web().nodePort())
                        .then(fromClient().toNodePort("web", 80), reaches("b2").seeingTheNode())
                        .act(
                                "the mark is 0x20",
                                stage -> Assertions.assertThat(NodeState.rulesOfFamily(stage))
                                        .contains("0x20/0x20")
                                        .doesNotContain("0x4000"))
                        .build());
    }

    private static Scenario.Builder healthPortOpen(String id) {
        return scenario(id, "119", "a health check node port is open though INPUT drops by default")
                .setup(ALONE)
                .given(web("a2")
                        .loadBalancer()
                        .spec("externalTrafficPolicy", "Local")
                        .spec("healthCheckNodePort", Integer.toString(HEALTH_PORT)))
                .then(fromClient().toNodePort("web", 80), reaches("a2"))
                .act("INPUT drops", PacketScenarios::healthPortUnderDrop);
    }

    private static final Outcome UNREACHABLE = new Outcome.Unreachable("");

    private static Outcome ping(Stage stage) {
        Caller caller = stage.caller("a3");
        Outcome outcome = caller.ping(stage.allotment().clusterIp("web"))
                .orElseThrow(() -> new AssertionError("somebody answered the ping"));
        return outcome instanceof Outcome.Unreachable ? UNREACHABLE : outcome;
    }

    /** Checks first that the packet passes without the guard, then that the guard drops it. */
    private static void martian(Stage stage) throws IOException {
        LabHost node = stage.lab().node();
        LabHost client = stage.lab().client();
        client.run("sysctl", "-qw", "net.ipv4.conf.all.route_localnet=1").orThrow();
        client.run("ip", "route", "flush", "table", "local", "dev", "lo").orThrow();
        client.run("ip", "route", "add", "127.0.0.1/32", "via", "192.168.20.1").orThrow();
        node.run("sysctl", "-qw", "net.ipv4.conf.all.route_localnet=1").orThrow();
        try (DatagramChannel listener = node.bindUdp(LOCAL_PORT)) {
            listener.configureBlocking(false);
            Assertions.assertThat(arrives(stage, listener))
                    .as("a datagram for 127.0.0.1 arrives at an unguarded node")
                    .isTrue();
            stage.session().start();
            stage.given(List.of(web().nodePort()));
            Assertions.assertThat(arrives(stage, listener))
                    .as("a datagram for 127.0.0.1 arrives at the guarded node")
                    .isFalse();
            Assertions.assertThat(stage.caller(LabAddresses.NODE_A)
                            .tcp(LOOPBACK, stage.allotment().nodePort("web:80")))
                    .as("the node itself reaches a node port there")
                    .isInstanceOf(Outcome.Answer.class);
        }
    }

    private static boolean arrives(Stage stage, DatagramChannel listener) throws IOException {
        stage.caller(LabAddresses.CLIENT).udp(LOOPBACK, LOCAL_PORT);
        return listener.receive(ByteBuffer.allocate(64)) != null;
    }

    private static boolean connects(Caller caller, IpAddress address, int port) {
        try (Connection connection = caller.connect(address, port)) {
            return connection.localPort() > 0;
        } catch (IOException e) {
            return false;
        }
    }

    private static void healthPortUnderDrop(Stage stage) throws IOException {
        LabHost node = stage.lab().node();
        Caller caller = stage.caller(LabAddresses.CLIENT);
        IpAddress address = node.address(stage.family());
        node.run(NodeState.tool(stage, ""), "-w", "-P", "INPUT", "DROP").orThrow();
        if (stage.family() == IpFamily.IPV6) {
            // neighbour discovery does not come from clients
            node.run("ip6tables", "-w", "-A", "INPUT", "-p", "icmpv6", "-j", "ACCEPT")
                    .orThrow();
        }
        try (ServerSocketChannel closed = node.listen(LOCAL_PORT);
                AutoCloseable health = healthServer(node)) {
            Assertions.assertThat(closed.isOpen() && health != null).isTrue();
            Assertions.assertThat(connects(caller, address, HEALTH_PORT))
                    .as("the health check node port")
                    .isTrue();
            Assertions.assertThat(connects(caller, address, LOCAL_PORT))
                    .as("any other port")
                    .isFalse();
        } catch (IOException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(e);
        } finally {
            node.run(NodeState.tool(stage, ""), "-w", "-P", "INPUT", "ACCEPT").orThrow();
        }
    }

    /** A listener, unless the daemon has one. */
    private static AutoCloseable healthServer(LabHost node) {
        try {
            return node.listen(HEALTH_PORT);
        } catch (RuntimeException taken) {
            return () -> {};
        }
    }

    private static void strayIsDropped(Stage stage) throws IOException {
        IpAddress caller = stage.lab().pod("a3").address(stage.family());
        IpAddress endpoint = stage.lab().pod("b2").address(stage.family());
        try (Connection connection = stage.connect(fromPod("a3").to("web", 80))) {
            connection.ask();
            stage.eventually("the rule counts the segment", () -> {
                long before = invalidDropped(stage);
                RawTcp.sendStray(stage.lab().pod("b2"), endpoint, 8080, caller, connection.localPort());
                return invalidDropped(stage) > before;
            });
            Assertions.assertThat(connection.ask()).isInstanceOf(Outcome.Answer.class);
        }
    }

    private static long invalidDropped(Stage stage) {
        String rules = stage.lab()
                .node()
                .run(NodeState.tool(stage, "-save"), "-c", "-t", "filter")
                .orThrow();
        Matcher rule = Pattern.compile("\\[(\\d+):\\d+] -A KUBE-FORWARD .*INVALID.* -j DROP")
                .matcher(rules);
        if (!rule.find()) {
            throw new AssertionError("no rule drops invalid packets: " + rules);
        }
        return Long.parseLong(rule.group(1));
    }

    /** Counts packets behind all rules of the proxy in POSTROUTING. */
    private static void countMarked(Stage stage) {
        LabHost node = stage.lab().node();
        String rules = "table inet lab { counter total {}; counter marked {};"
                + " chain last { type filter hook postrouting priority 300;"
                + " tcp dport 8080 counter name total;"
                + " tcp dport 8080 meta mark and 0x4000 == 0x4000 counter name marked; }; }";
        node.run("nft", rules).orThrow();
        stage.check(fromClient().toNodePort("web", 80).times(4), reaches("b2").seeingTheNode());
        String counters =
                node.run("nft", "list", "counters", "table", "inet", "lab").orThrow();
        Assertions.assertThat(packets(counters, "total"))
                .as("packets that left")
                .isPositive();
        Assertions.assertThat(packets(counters, "marked"))
                .as("packets that left with the mark")
                .isZero();
    }

    private static long packets(String counters, String name) {
        Matcher counter =
                Pattern.compile("counter " + name + " \\{\\s*packets (\\d+)").matcher(counters);
        if (!counter.find()) {
            throw new AssertionError("no counter " + name + ": " + counters);
        }
        return Long.parseLong(counter.group(1));
    }
}
