// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables;

import static dev.sluice.testkit.model.Endpoints.local;
import static dev.sluice.testkit.model.Endpoints.remote;
import static dev.sluice.testkit.model.Endpoints.resolved;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.core.config.LocalDetector;
import dev.sluice.core.model.Endpoint;
import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.sync.SyncException;
import dev.sluice.core.trace.Packet;
import dev.sluice.core.trace.Packet.Origin;
import dev.sluice.core.trace.Trace;
import dev.sluice.core.trace.Trace.Candidate;
import dev.sluice.core.trace.Trace.Step;
import dev.sluice.core.trace.Trace.Verdict;
import dev.sluice.iptables.config.IptablesConfig;
import dev.sluice.testkit.model.ServicePorts;
import org.junit.jupiter.api.Test;

/** Where packets go, by the applied rules. */
class IptablesExplainTest {
    private static final Endpoint HERE = local("10.244.1.5", 8080);
    private static final Endpoint ELSEWHERE = remote("10.244.2.7", 8080);
    private static final String POD = "10.244.1.9";
    private static final String OUTSIDE = "198.51.100.20";
    private static final String NODE = "192.0.2.10";

    private static ServicePorts web() {
        return ServicePorts.tcp("shop/web:http", "10.96.0.50", 80);
    }

    @Test
    void spreadsOverTheEndpoints() throws SyncException {
        Trace trace = trace(web(), arriving(POD, "10.96.0.50", 80), HERE, ELSEWHERE, remote("10.244.3.1", 8080));

        assertThat(trace.verdict()).isEqualTo(Verdict.FORWARD);
        assertThat(trace.service()).isEqualTo(web().build().name());
        assertThat(trace.masqueraded()).as("Pods keep their address").isFalse();
        assertThat(trace.candidates())
                .extracting(c -> c.address().toString())
                .containsExactly("10.244.1.5", "10.244.2.7", "10.244.3.1");
        assertThat(trace.candidates())
                .extracting(Candidate::probability)
                .allSatisfy(p -> assertThat(p).isCloseTo(1 / 3.0, within(1e-6)));
        assertThat(trace.steps().getFirst())
                .isEqualTo(new Step(
                        "nat PREROUTING", "-m comment --comment \"kubernetes service portals\" -j KUBE-SERVICES"));
        assertThat(trace.steps())
                .extracting(Step::where)
                .contains("nat KUBE-SERVICES", "nat KUBE-SVC-67NZLRHBNDSAWJRO", "nat KUBE-SEP-34ZZ2QFGO32YYXXO");
    }

    @Test
    void masqueradesTheNodeAndOutsiders() throws SyncException {
        assertThat(trace(web(), fromNode("10.96.0.50", 80), ELSEWHERE).masqueraded())
                .isTrue();
        assertThat(trace(web(), arriving(OUTSIDE, "10.96.0.50", 80), ELSEWHERE).masqueraded())
                .isTrue();
    }

    @Test
    void masqueradesAHairpin() throws SyncException {
        Trace trace = trace(web(), arriving("10.244.1.5", "10.96.0.50", 80), HERE);

        assertThat(trace.masqueraded()).isTrue();
        assertThat(trace.steps().getLast().what()).contains("-j MASQUERADE");
    }

    @Test
    void masqueradesOnlyTheHairpinOfSeveral() throws SyncException {
        Trace trace = trace(web(), arriving("10.244.1.5", "10.96.0.50", 80), HERE, ELSEWHERE);

        assertThat(trace.candidates())
                .containsExactly(
                        new Candidate(IpAddress.of("10.244.1.5"), 8080, 0.5, true),
                        new Candidate(IpAddress.of("10.244.2.7"), 8080, 0.5, false));
        assertThat(trace.masqueraded()).as("not always").isFalse();
        assertThat(trace.steps()).doesNotHaveDuplicates();
    }

    @Test
    void keepsNeighboursFromLoopback() throws SyncException {
        Trace trace = trace(web(), arriving(OUTSIDE, "127.0.0.1", 22), HERE);

        assertThat(trace.verdict()).isEqualTo(Verdict.DROP);
        assertThat(trace.service()).isNull();
        assertThat(trace.steps().getLast().where()).isEqualTo("filter KUBE-FIREWALL");
    }

    @Test
    void refusesWithoutEndpoints() throws SyncException {
        Trace trace = trace(web().nodePort(30080), arriving(POD, "10.96.0.50", 80));

        assertThat(trace.verdict()).isEqualTo(Verdict.REJECT);
        assertThat(trace.service()).isEqualTo(web().build().name());
        assertThat(trace.candidates()).isEmpty();
        assertThat(verdict(web(), fromNode("10.96.0.50", 80))).isEqualTo(Verdict.REJECT);
        assertThat(verdict(web().nodePort(30080), arriving(OUTSIDE, NODE, 30080)))
                .isEqualTo(Verdict.REJECT);
    }

    @Test
    void dropsWhatPolicyLeavesNoEndpointFor() throws SyncException {
        ServicePorts external = web().nodePort(30080).externalPolicyLocal();

        assertThat(verdict(web().internalPolicyLocal(), arriving(POD, "10.96.0.50", 80), ELSEWHERE))
                .isEqualTo(Verdict.DROP);
        assertThat(verdict(external, arriving(OUTSIDE, NODE, 30080), ELSEWHERE)).isEqualTo(Verdict.DROP);
        assertThat(verdict(external, arriving(POD, NODE, 30080), ELSEWHERE))
                .as("a Pod is not bound by the external policy")
                .isEqualTo(Verdict.FORWARD);
    }

    @Test
    void keepsTheClientUnderTheLocalPolicy() throws SyncException {
        Trace trace =
                trace(web().nodePort(30080).externalPolicyLocal(), arriving(OUTSIDE, NODE, 30080), HERE, ELSEWHERE);

        assertThat(trace.candidates()).containsExactly(new Candidate(IpAddress.of("10.244.1.5"), 8080, 1, false));
        assertThat(trace.masqueraded()).isFalse();
    }

    @Test
    void limitsWhoMayUseTheLoadBalancerAddress() throws SyncException {
        ServicePorts port = web().loadBalancer("203.0.113.10")
                .sourceRanges("198.51.100.0/24")
                .nodePort(30080);

        assertThat(verdict(port, arriving(OUTSIDE, "203.0.113.10", 80), HERE)).isEqualTo(Verdict.FORWARD);
        assertThat(verdict(port, arriving("203.0.113.99", "203.0.113.10", 80), HERE))
                .isEqualTo(Verdict.DROP);
        assertThat(verdict(port, arriving("203.0.113.99", NODE, 30080), HERE))
                .as("the ranges do not bind node ports")
                .isEqualTo(Verdict.FORWARD);
    }

    @Test
    void servesNodePortsOnLocalhost() throws SyncException {
        Packet packet = new Packet(
                Protocol.TCP, IpAddress.of("127.0.0.1"), 40000, IpAddress.of("127.0.0.1"), 30080, Origin.NODE, "");

        Trace trace = trace(web().nodePort(30080), packet, ELSEWHERE);

        assertThat(trace.verdict()).isEqualTo(Verdict.FORWARD);
        assertThat(trace.masqueraded()).isTrue();
    }

    @Test
    void letsEverythingElsePass() throws SyncException {
        assertThat(verdict(web(), arriving(POD, "10.96.0.50", 81), HERE)).isEqualTo(Verdict.NOT_A_SERVICE);
        assertThat(verdict(web(), arriving(POD, "10.96.0.51", 80), HERE)).isEqualTo(Verdict.NOT_A_SERVICE);
        assertThat(verdict(web().nodePort(30080), arriving(POD, "192.0.2.77", 30080), HERE))
                .as("another node's port")
                .isEqualTo(Verdict.NOT_A_SERVICE);
        assertThat(new Node(Node.V4)
                        .backend()
                        .explain(arriving(POD, "10.96.0.50", 80))
                        .verdict())
                .as("before the first sync")
                .isEqualTo(Verdict.NOT_A_SERVICE);
    }

    @Test
    void tellsPodsByInterface() throws SyncException {
        IptablesConfig byInterface =
                IptablesConfig.defaults(IpFamily.IPV4).withLocalDetector(new LocalDetector.InterfacePrefix("cali"));
        Node node = new Node(byInterface);
        node.snapshot.put(resolved(web().build(), ELSEWHERE));
        node.fullSync();

        assertThat(node.backend().explain(through("cali12", "10.96.0.50")).masqueraded())
                .isFalse();
        assertThat(node.backend().explain(through("eth0", "10.96.0.50")).masqueraded())
                .isTrue();
    }

    @Test
    void followsIpv6() throws SyncException {
        Node node = new Node(IptablesConfig.defaults(IpFamily.IPV6)
                .withLocalDetector(new LocalDetector.SourceCidr(Cidr.of("fd00:244::/64"))));
        node.snapshot.put(resolved(
                ServicePorts.udp("shop/dns", "fd00:96::53", 53).affinity(60).build(), local("fd00:244::5", 5353)));
        node.fullSync();

        Trace trace = node.backend()
                .explain(new Packet(
                        Protocol.UDP,
                        IpAddress.of("2001:db8::9"),
                        40000,
                        IpAddress.of("fd00:96::53"),
                        53,
                        Origin.ARRIVING,
                        "eth0"));

        assertThat(trace.candidates()).containsExactly(new Candidate(IpAddress.of("fd00:244::5"), 5353, 1, true));
        assertThat(trace.masqueraded()).isTrue();
    }

    private static Verdict verdict(ServicePorts port, Packet packet, Endpoint... endpoints) throws SyncException {
        return trace(port, packet, endpoints).verdict();
    }

    private static Trace trace(ServicePorts port, Packet packet, Endpoint... endpoints) throws SyncException {
        Node node = Node.v4();
        node.snapshot.put(resolved(port.build(), endpoints));
        node.snapshot.put(
                resolved(ServicePorts.tcp("shop/other", "10.96.0.60", 80).build(), HERE));
        node.fullSync();
        return node.backend().explain(packet);
    }

    private static Packet arriving(String source, String destination, int port) {
        return new Packet(
                Protocol.TCP, IpAddress.of(source), 40000, IpAddress.of(destination), port, Origin.ARRIVING, "eth0");
    }

    private static Packet through(String link, String destination) {
        return new Packet(Protocol.TCP, IpAddress.of(POD), 40000, IpAddress.of(destination), 80, Origin.ARRIVING, link);
    }

    private static Packet fromNode(String destination, int port) {
        return new Packet(Protocol.TCP, IpAddress.of(NODE), 40000, IpAddress.of(destination), port, Origin.NODE, "");
    }
}
