// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.core.kernel.ObjectKind;
import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.model.ServicePort;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.Changes;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.linux.iptables.Iptables.Variant;
import dev.sluice.testkit.lab.Connection;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.LabHost;
import dev.sluice.testkit.lab.Outcome;
import dev.sluice.testkit.model.Endpoints;
import dev.sluice.testkit.model.ServicePorts;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Real packets through real rules in the lab, in both families and with both variants of iptables. */
@Timeout(120)
@Tag("slow")
class PacketsTest {
    private static final int NODE_PORT = 30080;
    private static Lab lab;

    @BeforeAll
    static void build() throws Exception {
        assumeTrue(Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0), "network namespaces need root");
        lab = Lab.create();
    }

    @AfterAll
    static void remove() {
        if (lab != null) {
            lab.close();
        }
    }

    static Stream<Arguments> nodes() {
        return Arrays.stream(Variant.values())
                .flatMap(variant -> Arrays.stream(IpFamily.values()).map(family -> Arguments.of(variant, family)));
    }

    @ParameterizedTest
    @MethodSource("nodes")
    void aClusterAddressLeadsToItsEndpointsInTurn(Variant variant, IpFamily family) throws Exception {
        try (NodeUnderTest node = new NodeUnderTest(lab, family, variant)) {
            node.snapshot.put(resolved(tcp(family).build(), family, 8080, "a2", "b2"));
            node.sync();
            for (LabHost caller : List.of(lab.pod("a3"), lab.node(), lab.client(), lab.pod("a2"))) {
                List<Outcome.Answer> answers = new ArrayList<>();
                for (int i = 0; i < 4; i++) {
                    answers.add(answer(caller.tcp(vip(family), 80)));
                }
                assertThat(pods(answers)).as(caller.name()).containsExactlyInAnyOrder("a2", "b2", "a2", "b2");
                assertThat(answers)
                        .allSatisfy(
                                a -> assertThat(LabAddresses.allOfNode(family)).contains(a.peer()));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("nodes")
    void aNodePortIsServedOnEveryAddressOfTheNode(Variant variant, IpFamily family) throws Exception {
        try (NodeUnderTest node = new NodeUnderTest(lab, family, variant)) {
            node.snapshot.put(resolved(tcp(family).nodePort(NODE_PORT).build(), family, 8080, "b2"));
            node.sync();
            IpAddress first = lab.node().address(family);
            IpAddress second = LabAddresses.secondOfNode(family);
            IpAddress loopback = IpAddress.of(family == IpFamily.IPV4 ? "127.0.0.1" : "::1");
            assertThat(answer(lab.client().tcp(first, NODE_PORT)).pod()).isEqualTo("b2");
            assertThat(answer(lab.client().tcp(second, NODE_PORT)).pod()).isEqualTo("b2");
            assertThat(answer(lab.pod("a2").tcp(first, NODE_PORT)).pod()).isEqualTo("b2");
            assertThat(answer(lab.node().tcp(second, NODE_PORT)).pod()).isEqualTo("b2");
            assertThat(answer(lab.node().tcp(loopback, NODE_PORT)).pod()).isEqualTo("b2");
            // the number means nothing on other hosts' addresses
            assertThat(lab.node().tcp(lab.otherNode().address(family), NODE_PORT))
                    .isEqualTo(new Outcome.Refused());
        }
    }

    @ParameterizedTest
    @MethodSource("nodes")
    void externalAndLoadBalancerAddressesWorkAndSourceRangesFence(Variant variant, IpFamily family) throws Exception {
        try (NodeUnderTest node = new NodeUnderTest(lab, family, variant)) {
            IpAddress external = IpAddress.of(family == IpFamily.IPV4 ? "198.51.100.7" : "2001:db8::7");
            IpAddress open = IpAddress.of(family == IpFamily.IPV4 ? "203.0.113.1" : "2001:db8:1::1");
            IpAddress fenced = IpAddress.of(family == IpFamily.IPV4 ? "203.0.113.2" : "2001:db8:1::2");
            node.snapshot.put(resolved(
                    tcp(family)
                            .externalIps(external.toString())
                            .loadBalancer(open.toString())
                            .build(),
                    family,
                    8080,
                    "b3"));
            node.snapshot.put(resolved(
                    ServicePorts.tcp("shop/fenced:http", other(family).toString(), 80)
                            .loadBalancer(fenced.toString())
                            .sourceRanges(family == IpFamily.IPV4 ? "192.168.20.0/24" : "fd00:20::/64")
                            .build(),
                    family,
                    8080,
                    "b4"));
            node.sync();
            assertThat(answer(lab.client().tcp(external, 80)).pod()).isEqualTo("b3");
            assertThat(answer(lab.client().tcp(open, 80)).pod()).isEqualTo("b3");
            assertThat(answer(lab.client().tcp(fenced, 80)).pod()).isEqualTo("b4");
            assertThat(quick(lab.pod("a2"), fenced)).isEqualTo(new Outcome.TimedOut());
            assertThat(answer(lab.pod("a2").tcp(other(family), 80)).pod()).isEqualTo("b4");
        }
    }

    @ParameterizedTest
    @MethodSource("nodes")
    void withoutEndpointsConnectionsAreRefusedAndWithThemTakenAgain(Variant variant, IpFamily family) throws Exception {
        try (NodeUnderTest node = new NodeUnderTest(lab, family, variant)) {
            ServicePort service = tcp(family).nodePort(NODE_PORT).build();
            node.snapshot.put(resolved(service, family, 8080));
            node.sync();
            assertRefused(family);
            node.snapshot.put(resolved(service, family, 8080, "a2"));
            node.sync();
            assertThat(answer(lab.client().tcp(vip(family), 80)).pod()).isEqualTo("a2");
            node.snapshot.put(resolved(service, family, 8080));
            node.sync();
            assertRefused(family);
        }
    }

    private static void assertRefused(IpFamily family) {
        for (LabHost caller : List.of(lab.client(), lab.pod("a3"), lab.node())) {
            assertThat(caller.tcp(vip(family), 80)).as(caller.name()).isEqualTo(new Outcome.Refused());
            assertThat(caller.tcp(lab.node().address(family), NODE_PORT))
                    .as(caller.name() + " to the node port")
                    .isEqualTo(new Outcome.Refused());
        }
    }

    @ParameterizedTest
    @MethodSource("nodes")
    void localPolicyDropsOutsidersWhereNoEndpointIsLocal(Variant variant, IpFamily family) throws Exception {
        try (NodeUnderTest node = new NodeUnderTest(lab, family, variant)) {
            ServicePort service =
                    tcp(family).nodePort(NODE_PORT).externalPolicyLocal().build();
            node.snapshot.put(resolved(service, family, 8080, "b2"));
            node.snapshot.put(resolved(
                    ServicePorts.tcp("shop/inner:http", other(family).toString(), 80)
                            .internalPolicyLocal()
                            .build(),
                    family,
                    8080,
                    "b2"));
            node.sync();
            IpAddress address = lab.node().address(family);
            assertThat(lab.client().caller().waiting(Duration.ofMillis(700)).tcp(address, NODE_PORT))
                    .isEqualTo(new Outcome.TimedOut());
            assertThat(answer(lab.pod("a3").tcp(address, NODE_PORT)).pod()).isEqualTo("b2");
            assertThat(answer(lab.node().tcp(address, NODE_PORT)).pod()).isEqualTo("b2");
            assertThat(quick(lab.pod("a3"), other(family))).isEqualTo(new Outcome.TimedOut());

            node.snapshot.put(resolved(service, family, 8080, "a2", "b2"));
            node.sync();
            for (int i = 0; i < 4; i++) {
                assertThat(answer(lab.client().tcp(address, NODE_PORT)).pod()).isEqualTo("a2");
            }
        }
    }

    /** Through the cluster address and under external policy Local; of the node and of hairpins it sees the node. */
    @ParameterizedTest
    @MethodSource("nodes")
    void endpointsSeeTheClientWhereNothingIsMasqueraded(Variant variant, IpFamily family) throws Exception {
        String before = state(variant);
        try (NodeUnderTest node = new NodeUnderTest(lab, family, variant, true);
                AutoCloseable _ = lab.serveAt(lab.node(), 7070)) {
            IpAddress address = lab.node().address(family);
            node.snapshot.put(resolved(tcp(family).build(), family, 8080, "a2", "b2"));
            node.snapshot.put(resolved(
                    ServicePorts.udp("kube-system/dns:dns", vip(family).toString(), 53)
                            .nodePort(NODE_PORT)
                            .externalPolicyLocal()
                            .build(),
                    family,
                    Lab.UDP_PORT,
                    "a2",
                    "b2"));
            node.snapshot.put(Endpoints.resolved(
                    ServicePorts.tcp("shop/node:http", other(family).toString(), 80)
                            .nodePort(NODE_PORT)
                            .build(),
                    Endpoints.local(address.toString(), 7070)));
            node.sync();
            for (int i = 0; i < 4; i++) {
                LabHost pod = lab.pod("a3");
                assertThat(answer(pod.tcp(vip(family), 80)).peer()).isEqualTo(pod.address(family));
                assertThat(answer(pod.udp(vip(family), 53)).peer()).isEqualTo(pod.address(family));
                assertThat(answer(pod.tcp(other(family), 80)).peer())
                        .as("of a process on the node")
                        .isEqualTo(pod.address(family));
                assertThat(answer(lab.client().udp(address, NODE_PORT)).peer())
                        .as("external policy Local")
                        .isEqualTo(lab.client().address(family));
                assertThat(LabAddresses.allOfNode(family))
                        .contains(
                                answer(lab.node().tcp(vip(family), 80)).peer(),
                                answer(lab.client().tcp(vip(family), 80)).peer(),
                                answer(lab.client().tcp(address, NODE_PORT)).peer());
                Outcome.Answer own = answer(lab.pod("a2").tcp(vip(family), 80));
                assertThat(own.peer().equals(lab.pod("a2").address(family)))
                        .isEqualTo(!own.pod().equals("a2"));
            }
            node.cleanUp();
            assertThat(state(variant)).isEqualTo(before);
        }
    }

    /** A Service whose endpoint is a portal of its own and of a stranger's, and two whose endpoints are each other. */
    @ParameterizedTest
    @MethodSource("nodes")
    void whatTheProxySendsIsNotRedirected(Variant variant, IpFamily family) throws Exception {
        try (NodeUnderTest node = new NodeUnderTest(lab, family, variant)) {
            IpAddress first = other(family);
            IpAddress second = IpAddress.of(family == IpFamily.IPV4 ? "10.96.0.52" : "fd00:96::52");
            IpAddress pod = LabAddresses.of("a2", family);
            node.snapshot.put(resolved(tcp(family).build(), family, 8080, "a2"));
            node.snapshot.put(Endpoints.resolved(
                    ServicePorts.tcp("shop/stranger:http", family == IpFamily.IPV4 ? "10.96.0.53" : "fd00:96::53", 8080)
                            .externalIps(pod.toString())
                            .build()));
            node.snapshot.put(Endpoints.resolved(
                    ServicePorts.tcp("shop/circle:one", first.toString(), 80).build(),
                    Endpoints.remote(second.toString(), 80)));
            node.snapshot.put(Endpoints.resolved(
                    ServicePorts.tcp("shop/circle:two", second.toString(), 80).build(),
                    Endpoints.remote(first.toString(), 80)));
            node.sync();
            assertThat(answer(lab.pod("a3").tcp(vip(family), 80)).pod()).isEqualTo("a2");
            assertThat(lab.pod("a3").tcp(first, 80)).isNotInstanceOf(Outcome.Answer.class);
            assertThat(node.engine.counters().connectionsAccepted())
                    .as("none came back")
                    .isEqualTo(2);
        }
    }

    @ParameterizedTest
    @MethodSource("nodes")
    void datagramsReachEndpointsAndAnswersComeFromWhereTheyWereSent(Variant variant, IpFamily family) throws Exception {
        try (NodeUnderTest node = new NodeUnderTest(lab, family, variant)) {
            ServicePort service = ServicePorts.udp(
                            "kube-system/dns:dns", vip(family).toString(), 53)
                    .nodePort(NODE_PORT)
                    .build();
            node.snapshot.put(resolved(service, family, Lab.UDP_PORT, "a2", "b2"));
            SyncReport report = node.sync();
            assertThat(report.applied()).containsEntry(ObjectKind.of("userspace.udp_sockets"), 2L);
            IpAddress second = LabAddresses.secondOfNode(family);
            for (LabHost caller : List.of(lab.pod("a3"), lab.node(), lab.client())) {
                // the callers' sockets are connected: an answer from elsewhere would not arrive
                Set<String> pods = Stream.of(caller.udp(vip(family), 53), caller.udp(vip(family), 53))
                        .map(PacketsTest::answer)
                        .map(Outcome.Answer::pod)
                        .collect(Collectors.toSet());
                assertThat(pods).as(caller.name()).containsExactlyInAnyOrder("a2", "b2");
                assertThat(caller.udp(lab.node().address(family), NODE_PORT))
                        .as(caller.name())
                        .isInstanceOf(Outcome.Answer.class);
                assertThat(caller.udp(second, NODE_PORT)).as(caller.name()).isInstanceOf(Outcome.Answer.class);
            }
            node.snapshot.put(resolved(service, family, Lab.UDP_PORT));
            node.sync();
            for (LabHost caller : List.of(lab.pod("a3"), lab.client())) {
                assertThat(caller.udp(vip(family), 53)).isEqualTo(new Outcome.Refused());
                assertThat(caller.udp(second, NODE_PORT)).isEqualTo(new Outcome.Refused());
            }
            assertThat(lab.node().udp(vip(family), 53)).isEqualTo(new Outcome.Refused());
        }
    }

    @ParameterizedTest
    @MethodSource("nodes")
    void connectionsStraightToTheProxysSocketsAreRefused(Variant variant, IpFamily family) throws Exception {
        try (NodeUnderTest node = new NodeUnderTest(lab, family, variant)) {
            node.snapshot.put(resolved(tcp(family).build(), family, 8080, "a2"));
            node.snapshot.put(resolved(
                    ServicePorts.udp("kube-system/dns:dns", other(family).toString(), 53)
                            .build(),
                    family,
                    Lab.UDP_PORT,
                    "a2"));
            node.sync();
            IpAddress address = lab.node().address(family);
            int tcpPort = port(lab.node()
                    .run("ss", "-Hltn", family == IpFamily.IPV4 ? "-4" : "-6")
                    .output());
            int udpPort = port(lab.node()
                    .run("ss", "-Hlun", family == IpFamily.IPV4 ? "-4" : "-6")
                    .output());
            for (LabHost caller : List.of(lab.client(), lab.pod("a3"), lab.node())) {
                assertThat(caller.tcp(address, tcpPort)).isEqualTo(new Outcome.Refused());
                assertThat(caller.udp(address, udpPort)).isEqualTo(new Outcome.Refused());
            }
            assertThat(node.engine.counters().connectionsAccepted()).isZero();
            assertThat(node.engine.counters().flowsOpened()).isZero();
            assertThat(answer(lab.client().tcp(vip(family), 80)).pod()).isEqualTo("a2");
        }
    }

    private static int port(String sockets) {
        String local = sockets.lines().findFirst().orElseThrow().trim().split("\\s+")[3];
        return Integer.parseInt(local.substring(local.lastIndexOf(':') + 1));
    }

    @ParameterizedTest
    @MethodSource("nodes")
    void aSecondProcessTakesOverWithoutTouchingWhatIsRight(Variant variant, IpFamily family) throws Exception {
        try (NodeUnderTest first = new NodeUnderTest(lab, family, variant);
                NodeUnderTest second = new NodeUnderTest(lab, family, variant)) {
            ResolvedPort port = resolved(tcp(family).build(), family, 8080, "a2");
            first.snapshot.put(port);
            first.sync();
            assertThat(first.sync(Changes.all()).cost().bytes())
                    .as("nothing has changed")
                    .isZero();
            try (Connection open = lab.client().caller().connect(vip(family), 80)) {
                assertThat(answer(open.ask()).pod()).isEqualTo("a2");
                second.snapshot.put(port);
                second.sync();
                assertThat(answer(lab.client().tcp(vip(family), 80)).pod()).isEqualTo("a2");
                assertThat(second.engine.counters().connectionsAccepted()).isEqualTo(1);
                assertThat(answer(open.ask()).pod()).isEqualTo("a2");
            }
        }
    }

    @ParameterizedTest
    @MethodSource("nodes")
    void aStoppedProcessRefusesAtOnce(Variant variant, IpFamily family) throws Exception {
        try (NodeUnderTest node = new NodeUnderTest(lab, family, variant)) {
            node.snapshot.put(resolved(tcp(family).nodePort(NODE_PORT).build(), family, 8080, "a2"));
            node.sync();
            node.engine.close();
            for (LabHost caller : List.of(lab.client(), lab.pod("a3"), lab.node())) {
                assertThat(caller.tcp(vip(family), 80)).isEqualTo(new Outcome.Refused());
                assertThat(caller.tcp(lab.node().address(family), NODE_PORT)).isEqualTo(new Outcome.Refused());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("nodes")
    void cleanUpLeavesTheNodeAsItWas(Variant variant, IpFamily family) throws Exception {
        String before = state(variant);
        try (NodeUnderTest node = new NodeUnderTest(lab, family, variant)) {
            node.snapshot.put(resolved(tcp(family).nodePort(NODE_PORT).build(), family, 8080, "a2"));
            node.snapshot.put(resolved(
                    ServicePorts.udp("kube-system/dns:dns", other(family).toString(), 53)
                            .build(),
                    family,
                    Lab.UDP_PORT,
                    "a2"));
            node.sync();
            assertThat(state(variant)).isNotEqualTo(before);
            node.cleanUp();
            assertThat(state(variant)).isEqualTo(before);
        }
    }

    /**
     * Rules and sets of the node, without counters; the built-in chains of a table that was not used before are left
     * out.
     */
    private static String state(Variant variant) {
        String kind = variant == Variant.NFT ? "nft" : "legacy";
        String rules = lab.node().run("iptables-" + kind + "-save").output()
                + lab.node().run("ip6tables-" + kind + "-save").output();
        String own = rules.lines()
                .filter(line -> line.startsWith("-A") || line.startsWith(":SLUICE") || line.startsWith("-N"))
                .collect(Collectors.joining("\n"));
        return own + "\n" + lab.node().run("ipset", "list", "-n").output()
                + lab.node().run("ip", "rule").output()
                + lab.node().run("ip", "-6", "rule").output()
                + lab.node()
                        .run("ip", "route", "show", "table", "all")
                        .output()
                        .lines()
                        .filter(line -> line.contains("table 8250"))
                        .toList();
    }

    private static ServicePorts tcp(IpFamily family) {
        return ServicePorts.tcp("shop/web:http", vip(family).toString(), 80);
    }

    private static IpAddress vip(IpFamily family) {
        return IpAddress.of(family == IpFamily.IPV4 ? "10.96.0.50" : "fd00:96::50");
    }

    private static IpAddress other(IpFamily family) {
        return IpAddress.of(family == IpFamily.IPV4 ? "10.96.0.51" : "fd00:96::51");
    }

    private static ResolvedPort resolved(ServicePort service, IpFamily family, int port, String... pods) {
        List<Endpoint> endpoints = new ArrayList<>();
        for (String pod : pods) {
            String address = LabAddresses.of(pod, family).toString();
            endpoints.add(pod.startsWith("a") ? Endpoints.local(address, port) : Endpoints.remote(address, port));
        }
        return Endpoints.resolved(service, endpoints);
    }

    private static Outcome quick(LabHost caller, IpAddress address) {
        return caller.caller().waiting(Duration.ofMillis(700)).tcp(address, 80);
    }

    private static Outcome.Answer answer(Outcome outcome) {
        assertThat(outcome).isInstanceOf(Outcome.Answer.class);
        return (Outcome.Answer) outcome;
    }

    private static List<String> pods(List<Outcome.Answer> answers) {
        return answers.stream().map(Outcome.Answer::pod).toList();
    }
}
