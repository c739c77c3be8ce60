// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.explain;

import static dev.sluice.testkit.model.Endpoints.local;
import static dev.sluice.testkit.model.Endpoints.remote;
import static dev.sluice.testkit.model.Endpoints.resolved;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.config.LocalDetector;
import dev.sluice.core.model.AddressOwner;
import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.trace.Packet;
import dev.sluice.core.trace.Packet.Origin;
import dev.sluice.core.trace.Trace;
import dev.sluice.core.trace.Trace.Verdict;
import dev.sluice.ipvs.TestNode;
import dev.sluice.ipvs.config.IpvsConfig;
import dev.sluice.ipvs.plan.Schedulers;
import dev.sluice.testkit.model.ServicePorts;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExplainTest {
    private final TestNode node = new TestNode(IpvsConfig.defaults(IpFamily.IPV4)
            .withLocalDetector(new LocalDetector.SourceCidr(Cidr.of("10.244.0.0/16"))));

    @BeforeEach
    void services() throws Exception {
        node.put(resolved(
                        ServicePorts.tcp("shop/web", "10.96.0.1", 80)
                                .nodePort(30080)
                                .loadBalancer("203.0.113.1")
                                .sourceRanges("198.51.100.0/24")
                                .build(),
                        local("10.244.0.5", 8080),
                        remote("10.244.1.7", 8080)))
                .put(resolved(
                        ServicePorts.tcp("shop/local", "10.96.0.2", 80)
                                .nodePort(30081)
                                .externalIps("203.0.113.2")
                                .externalPolicyLocal()
                                .build(),
                        local("10.244.0.6", 8080),
                        remote("10.244.1.6", 8080)))
                .put(resolved(
                        ServicePorts.tcp("shop/away", "10.96.0.3", 80)
                                .externalIps("203.0.113.3")
                                .externalPolicyLocal()
                                .internalPolicyLocal()
                                .build(),
                        remote("10.244.1.8", 8080)))
                .put(resolved(ServicePorts.tcp("shop/none", "10.96.0.4", 80).build()))
                .put(resolved(
                        ServicePorts.tcp("shop/peer", "10.96.0.5", 80)
                                .loadBalancer("192.168.7.11")
                                .owner("192.168.7.11", AddressOwner.NODE)
                                .sourceRanges("198.51.100.0/24", "10.244.0.0/16")
                                .build(),
                        local("10.244.0.5", 8080),
                        remote("10.244.1.7", 8080)))
                .put(resolved(
                        ServicePorts.tcp("shop/peers", "10.96.0.6", 80)
                                .externalIps("192.168.7.12")
                                .owner("192.168.7.12", AddressOwner.NODE)
                                .nodePort(30086)
                                .externalPolicyLocal()
                                .build(),
                        local("10.244.0.6", 8080),
                        remote("10.244.1.6", 8080)));
        node.fullSync();
    }

    @ParameterizedTest(name = "{0} to {1}:{2}")
    @CsvSource({
        // who, to, port, verdict, endpoints, masqueraded
        "pod,    10.96.0.1,    80,    FORWARD,       10.244.0.5 10.244.1.7, false",
        "node,   10.96.0.1,    80,    FORWARD,       10.244.0.5 10.244.1.7, true",
        "client, 10.96.0.1,    80,    FORWARD,       10.244.0.5 10.244.1.7, true",
        "client, 192.168.7.10, 30080, FORWARD,       10.244.0.5 10.244.1.7, true",
        "client, 203.0.113.1,  80,    FORWARD,       10.244.0.5 10.244.1.7, true",
        "other,  203.0.113.1,  80,    DROP,          '',                    false",
        "node,   203.0.113.1,  80,    DROP,          '',                    false",
        "client, 192.168.7.10, 30081, FORWARD,       10.244.0.6,            false",
        "client, 203.0.113.2,  80,    FORWARD,       10.244.0.6,            false",
        "node,   203.0.113.2,  80,    FORWARD,       10.244.0.6 10.244.1.6, true",
        "pod,    203.0.113.2,  80,    FORWARD,       10.244.0.6 10.244.1.6, false",
        "pod,    192.168.7.10, 30081, FORWARD,       10.244.0.6 10.244.1.6, false",
        "node,   192.168.7.10, 30081, FORWARD,       10.244.0.6 10.244.1.6, true",
        "client, 203.0.113.3,  80,    DROP,          '',                    false",
        "pod,    203.0.113.3,  80,    FORWARD,       10.244.1.8,            false",
        "node,   203.0.113.3,  80,    FORWARD,       10.244.1.8,            true",
        "pod,    10.96.0.3,    80,    DROP,          '',                    false",
        "node,   10.96.0.3,    80,    DROP,          '',                    false",
        "pod,    10.96.0.4,    80,    REJECT,        '',                    false",
        "client, 10.96.0.1,    22,    REJECT,        '',                    false",
        "client, 192.168.7.11, 80,    FORWARD,       10.244.0.5 10.244.1.7, true",
        "pod,    192.168.7.11, 80,    FORWARD,       10.244.0.5 10.244.1.7, true",
        "other,  192.168.7.11, 80,    DROP,          '',                    false",
        "node,   192.168.7.11, 80,    DROP,          '',                    false",
        "client, 192.168.7.11, 22,    NOT_A_SERVICE, '',                    false",
        "client, 192.168.7.12, 80,    FORWARD,       10.244.0.6,            false",
        "pod,    192.168.7.12, 80,    FORWARD,       10.244.0.6 10.244.1.6, false",
        "node,   192.168.7.12, 80,    FORWARD,       10.244.0.6 10.244.1.6, true",
        "client, 192.168.7.10, 22,    NOT_A_SERVICE, '',                    false",
        "client, 8.8.8.8,      53,    NOT_A_SERVICE, '',                    false",
    })
    void whereAPacketGoes(String who, String to, int port, Verdict verdict, String endpoints, boolean masqueraded) {
        Trace trace = node.backend().explain(packet(who, to, port));

        assertThat(trace.verdict()).isEqualTo(verdict);
        assertThat(trace.candidates().stream().map(c -> c.address().toString()).collect(Collectors.joining(" ")))
                .isEqualTo(endpoints);
        assertThat(trace.candidates().stream()
                        .mapToDouble(Trace.Candidate::probability)
                        .sum())
                .isEqualTo(endpoints.isEmpty() ? 0 : 1);
        assertThat(trace.masqueraded()).isEqualTo(masqueraded);
    }

    @Test
    void aHairpinIsMasqueraded() throws Exception {
        node.put(resolved(ServicePorts.tcp("shop/self", "10.96.0.9", 80).build(), local("10.244.0.9", 8080)));
        node.sync();
        Packet packet = new Packet(
                Protocol.TCP,
                IpAddress.of("10.244.0.9"),
                40000,
                IpAddress.of("10.96.0.9"),
                80,
                Origin.ARRIVING,
                "cni0");

        Trace trace = node.backend().explain(packet);

        assertThat(trace.masqueraded()).isTrue();
        assertThat(trace.steps())
                .contains(new Trace.Step("ipvs 10.96.0.9:80/TCP", "rr, 1 real servers"))
                .anySatisfy(step -> assertThat(step.what()).contains("KUBE-LOOP-BACK"));
    }

    @Test
    void schedulerWeightsAndDrainsAreTold() throws Exception {
        node.put(weighted(local("10.244.0.5", 8080), remote("10.244.1.6", 8080), remote("10.244.1.7", 8080)));
        node.sync();
        node.put(weighted(weight(3, local("10.244.0.5", 8080)), remote("10.244.1.6", 8080)));
        node.sync();

        Trace trace = node.backend().explain(packet("pod", "10.96.0.8", 80));

        assertThat(trace.steps())
                .contains(new Trace.Step(
                        "ipvs 10.96.0.8:80/TCP",
                        "wrr, 2 real servers, weight 10.244.0.5:8080 3, 10.244.1.6:8080 1, draining 10.244.1.7:8080"));
        assertThat(trace.candidates().stream().map(Trace.Candidate::probability))
                .containsExactlyInAnyOrder(0.75, 0.25);
    }

    @Test
    void flagsOfTheSchedulerAreTold() throws Exception {
        node.put(resolved(
                ServicePorts.tcp("shop/hash", "10.96.0.7", 80)
                        .annotations(Map.of(Schedulers.SCHEDULER, "mh", Schedulers.FLAGS, "mh-port"))
                        .build(),
                local("10.244.0.5", 8080)));
        node.sync();

        assertThat(node.backend().explain(packet("pod", "10.96.0.7", 80)).steps())
                .contains(new Trace.Step("ipvs 10.96.0.7:80/TCP", "mh, flag mh-port, 1 real servers"));
    }

    @Test
    void clientsThatAHashSendsToADrainingServerAreToldOf() throws Exception {
        node.put(hashed("", local("10.244.0.5", 8080), remote("10.244.1.6", 8080)));
        node.sync();
        node.put(hashed("", local("10.244.0.5", 8080)));
        node.sync();
        assertThat(node.backend().explain(packet("pod", "10.96.0.7", 80)).steps())
                .contains(new Trace.Step(
                        "ipvs 10.96.0.7:80/TCP",
                        "sh, 1 real servers, draining 10.244.1.6:8080, whose share of the clients is refused"));

        node.put(hashed("sh-fallback", local("10.244.0.5", 8080)));
        node.sync();
        assertThat(node.backend().explain(packet("pod", "10.96.0.7", 80)).steps())
                .contains(new Trace.Step(
                        "ipvs 10.96.0.7:80/TCP", "sh, flag sh-fallback, 1 real servers, draining 10.244.1.6:8080"));
    }

    private static ResolvedPort hashed(String flags, Endpoint... endpoints) {
        return resolved(
                ServicePorts.tcp("shop/hash", "10.96.0.7", 80)
                        .annotations(Map.of(Schedulers.SCHEDULER, "sh", Schedulers.FLAGS, flags))
                        .build(),
                endpoints);
    }

    private static ResolvedPort weighted(Endpoint... endpoints) {
        return resolved(
                ServicePorts.tcp("shop/weighted", "10.96.0.8", 80)
                        .annotations(Map.of(Schedulers.SCHEDULER, "wrr"))
                        .build(),
                endpoints);
    }

    private static Endpoint weight(int weight, Endpoint e) {
        return new Endpoint(
                e.address(), e.port(), e.local(), e.ready(), e.serving(), e.terminating(), Set.of(), Set.of(), weight);
    }

    private static Packet packet(String who, String to, int port) {
        IpAddress destination = IpAddress.of(to);
        return switch (who) {
            case "pod" ->
                new Packet(
                        Protocol.TCP, IpAddress.of("10.244.0.77"), 40000, destination, port, Origin.ARRIVING, "cni0");
            case "node" -> new Packet(Protocol.TCP, destination, 40000, destination, port, Origin.NODE, "");
            case "client" ->
                new Packet(
                        Protocol.TCP, IpAddress.of("198.51.100.9"), 40000, destination, port, Origin.ARRIVING, "eth0");
            default ->
                new Packet(Protocol.TCP, IpAddress.of("192.0.2.9"), 40000, destination, port, Origin.ARRIVING, "eth0");
        };
    }
}
