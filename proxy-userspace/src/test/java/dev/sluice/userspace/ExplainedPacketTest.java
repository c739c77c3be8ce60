// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.model.Endpoint;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.trace.Packet;
import dev.sluice.core.trace.Trace;
import dev.sluice.core.trace.Trace.Candidate;
import dev.sluice.core.trace.Trace.Step;
import dev.sluice.core.trace.Trace.Verdict;
import dev.sluice.testkit.model.Endpoints;
import dev.sluice.testkit.model.ServicePorts;
import dev.sluice.userspace.routing.RoutingTable;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExplainedPacketTest {
    private static final String POD = "10.244.1.9";
    private static final String OUTSIDE = "192.0.2.1";

    private final FakeNode node = new FakeNode(IpFamily.IPV4);

    @BeforeEach
    void services() throws Exception {
        node.links.device("eth0", "").address("eth0", "192.168.10.1", 24);
        node.snapshot.put(Endpoints.resolved(
                ServicePorts.tcp("shop/web", "10.96.0.1", 80)
                        .nodePort(30080)
                        .externalPolicyLocal()
                        .build(),
                Endpoints.remote("10.244.2.2", 8080),
                Endpoints.remote("10.244.2.3", 8080)));
        node.snapshot.put(Endpoints.resolved(
                ServicePorts.tcp("shop/none", "10.96.0.2", 80).build()));
        node.snapshot.put(Endpoints.resolved(
                ServicePorts.tcp("shop/fenced", "10.96.0.3", 80)
                        .loadBalancer("203.0.113.1")
                        .sourceRanges("10.244.0.0/16")
                        .build(),
                Endpoints.remote("10.244.2.4", 8080)));
        node.sync();
    }

    @AfterEach
    void close() {
        node.close();
    }

    private Trace trace(String source, String destination, int port) {
        return node.backend()
                .explain(new Packet(
                        Protocol.TCP,
                        IpAddress.of(source),
                        40000,
                        IpAddress.of(destination),
                        port,
                        Packet.Origin.ARRIVING,
                        ""));
    }

    @ParameterizedTest
    @CsvSource({
        "10.244.1.9, 10.96.0.1,    80,    FORWARD, 2",
        "192.0.2.1,  10.96.0.1,    80,    FORWARD, 2",
        "10.244.1.9, 192.168.10.1, 30080, FORWARD, 2",
        "192.0.2.1,  192.168.10.1, 30080, DROP,    0",
        "192.0.2.1,  10.96.0.2,    80,    REJECT,  0",
        "192.0.2.1,  203.0.113.1,  80,    DROP,    0",
        "10.244.1.9, 203.0.113.1,  80,    FORWARD, 1",
        "192.0.2.1,  10.96.0.1,    81,    NOT_A_SERVICE, 0",
        "192.0.2.1,  192.168.10.9, 30080, NOT_A_SERVICE, 0",
    })
    void aPacketIsForwardedRejectedOrDropped(
            String source, String destination, int port, Verdict verdict, int candidates) {
        Trace trace = trace(source, destination, port);
        assertThat(trace.verdict()).isEqualTo(verdict);
        assertThat(trace.candidates()).hasSize(candidates);
        assertThat(trace.masqueraded()).isEqualTo(verdict == Verdict.FORWARD);
        assertThat(trace.steps()).isNotEmpty();
    }

    @Test
    void aTraceListsTheRulesOnTheWayAndTheEndpoints() {
        Trace trace = trace(POD, "10.96.0.1", 80);
        assertThat(trace.service()).hasToString("shop/web");
        assertThat(trace.steps().stream()
                        .map(step -> (step.where() + ": " + step.what())
                                .replaceAll("192.168.10.1:\\d+|dport \\d+", "PROXY")))
                .containsExactly(
                        "nat PREROUTING: -m comment --comment \"sluice service portals\" -j SLUICE-SERVICES",
                        "nat SLUICE-SERVICES: -m set --match-set SLUICE-OPEN dst,dst -j SLUICE-REDIRECT",
                        "nat SLUICE-REDIRECT: -p tcp -j DNAT --to-destination PROXY",
                        "filter INPUT: -m comment --comment \"sluice proxy sockets\" -j SLUICE-INPUT",
                        "filter SLUICE-INPUT: -p tcp -m tcp --PROXY -m conntrack --ctstate DNAT -j ACCEPT",
                        "userspace 10.96.0.1:80/TCP: shop/web: scheduler rr among 2 endpoints");
        assertThat(trace.candidates())
                .isEqualTo(List.of(
                        new Candidate(IpAddress.of("10.244.2.2"), 8080, 0.5, true),
                        new Candidate(IpAddress.of("10.244.2.3"), 8080, 0.5, true)));
        assertThat(trace(OUTSIDE, "10.96.0.2", 80).steps().getLast())
                .isEqualTo(new Step(
                        "filter SLUICE-FIREWALL",
                        "-m set --match-set SLUICE-REJECT dst,dst -j REJECT --reject-with icmp-port-unreachable"));
    }

    @Test
    void datagramsAreFollowedToTheSocketOfAll() throws Exception {
        try (FakeNode loopback = new FakeNode(IpFamily.IPV4)) {
            loopback.snapshot.put(Endpoints.resolved(
                    ServicePorts.udp("kube-system/dns", "10.96.0.10", 53)
                            .nodePort(30053)
                            .build(),
                    Endpoints.remote("10.244.2.8", 53)));
            loopback.sync();
            for (Packet.Origin origin : Packet.Origin.values()) {
                IpAddress local = IpAddress.of("127.0.0.1");
                Trace trace =
                        loopback.backend().explain(new Packet(Protocol.UDP, local, 4000, local, 30053, origin, ""));
                assertThat(trace.steps()).extracting(Step::where).contains("nat SLUICE-REDIRECT");
                assertThat(trace.steps().getLast().where()).isEqualTo("userspace node port 30053/UDP");
                assertThat(trace.candidates()).hasSize(1);
            }
        }
    }

    @Test
    void aConnectionStraightToTheProxyIsRefused() {
        int port = node.engine.listen(new RoutingTable(IpFamily.IPV4));
        Trace trace = trace(OUTSIDE, "192.168.10.1", port);
        assertThat(trace.verdict()).isEqualTo(Verdict.REJECT);
        assertThat(trace.service()).isNull();
    }

    private Trace weighted(String scheduler) throws Exception {
        node.snapshot.put(Endpoints.resolved(
                ServicePorts.tcp("shop/weighted", "10.96.0.4", 80)
                        .annotations(Map.of("sluice.dev/scheduler", scheduler))
                        .build(),
                heavy("10.244.2.5", 3),
                heavy("10.244.2.6", 1),
                heavy("10.244.2.7", 0)));
        node.sync();
        return trace(POD, "10.96.0.4", 80);
    }

    private static Endpoint heavy(String address, int weight) {
        return new Endpoint(IpAddress.of(address), 8080, false, true, true, false, Set.of(), Set.of(), weight);
    }

    @Test
    void aTraceNamesTheSchedulerAndTheWeights() throws Exception {
        Trace trace = weighted("wlc");
        assertThat(trace.steps().getLast().what())
                .isEqualTo(
                        "shop/weighted: scheduler wlc among 2 endpoints, weights 10.244.2.5:8080 3, 10.244.2.6:8080 1");
        assertThat(trace.candidates())
                .isEqualTo(List.of(
                        new Candidate(IpAddress.of("10.244.2.5"), 8080, 0.75, true),
                        new Candidate(IpAddress.of("10.244.2.6"), 8080, 0.25, true)));
        assertThat(weighted("lc").candidates())
                .extracting(Candidate::probability)
                .containsExactly(0.5, 0.5);
        assertThat(weighted("sh").candidates())
                .extracting(Candidate::probability)
                .containsExactly(1.0);
    }
}
