// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.sync.Changes;
import dev.sluice.testkit.lab.LabHost;
import dev.sluice.testkit.lab.Outcome;
import dev.sluice.testkit.model.ServicePorts;
import dev.sluice.testkit.timing.Attempts;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Session affinity with real packets. */
@EnabledIf(value = "isRoot", disabledReason = "needs root to make network namespaces")
@Timeout(600)
@Tag("slow")
class NftablesAffinityTest extends TrafficLab {
    private static final int ENOUGH_TO_CHOOSE_ALL = 12;

    private Set<String> reached(LabHost host, Protocol protocol, IpAddress address, int port) {
        Set<String> reached = new HashSet<>();
        for (int i = 0; i < ENOUGH_TO_CHOOSE_ALL; i++) {
            reached.add(answer(ask(host, protocol, address, port)).pod());
        }
        return reached;
    }

    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void aClientKeepsItsEndpointThroughEveryPortalOfAService(IpFamily with) {
        start(with);
        IpAddress external = address("203.0.113.11", "2001:db8::11");
        for (Protocol protocol : List.of(Protocol.TCP, Protocol.UDP)) {
            put(
                    service(protocol)
                            .affinity(10_800)
                            .externalIps(external.toString())
                            .nodePort(30080),
                    5353,
                    "a3",
                    "b2",
                    "b3");
            for (String name : List.of("a2", "client", "node-a")) {
                LabHost host = lab.host(name);
                Set<String> reached = reached(host, protocol, cluster(), 80);
                assertThat(reached).as("%s %s", name, protocol).hasSize(1);
                if (name.equals("node-a")) {
                    // its source address depends on the destination
                    continue;
                }
                assertThat(reached(host, protocol, external, 80)).isEqualTo(reached);
                assertThat(reached(host, protocol, lab.node().address(with), 30080))
                        .isEqualTo(reached);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void aClientWhoseEndpointIsGoneKeepsAnotherOne(IpFamily with) {
        start(with);
        ServicePorts service = service(Protocol.TCP).affinity(10_800);
        List<String> pods = List.of("a3", "b2", "b3");
        put(service, 8080, pods.toArray(String[]::new));
        for (String gone : pods) {
            List<String> left = pods.stream().filter(pod -> !pod.equals(gone)).toList();
            Set<String> before = reached(lab.client(), Protocol.TCP, cluster(), 80);
            put(service, 8080, left.toArray(String[]::new));
            Set<String> after = reached(lab.client(), Protocol.TCP, cluster(), 80);
            assertThat(after).hasSize(1).isSubsetOf(left);
            if (!before.contains(gone)) {
                assertThat(after).as("who keeps its endpoint").isEqualTo(before);
            }
            node().sync(Changes.all());
            assertThat(reached(lab.client(), Protocol.TCP, cluster(), 80)).isEqualTo(after);
            put(service, 8080, pods.toArray(String[]::new));
            assertThat(reached(lab.client(), Protocol.TCP, cluster(), 80)).isEqualTo(after);
        }
    }

    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void aRestartKeepsTheEndpointsOfClients(IpFamily with) {
        start(with);
        ServicePorts service = service(Protocol.TCP).affinity(10_800);
        put(service, 8080, "a3", "b2", "b3");
        Set<String> before = reached(lab.client(), Protocol.TCP, cluster(), 80);

        restart();

        assertThat(reached(lab.client(), Protocol.TCP, cluster(), 80)).isEqualTo(before);
    }

    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void aClientChoosesAnewAfterItsTime(IpFamily with) {
        start(with);
        put(service(Protocol.TCP).affinity(1), 8080, "a3", "b2");
        Set<String> reached = new HashSet<>();
        Attempts.until(Duration.ofSeconds(60), "another endpoint is chosen", () -> {
            Outcome.Answer first = answer(lab.client().tcp(cluster(), 80));
            reached.add(first.pod());
            String left = lab.node()
                    .run("nft", "list", "map", v4() ? "ip" : "ip6", "sluice", "affinity")
                    .orThrow();
            Attempts.until(
                    Duration.ofSeconds(20),
                    "the entry ends",
                    () -> new Attempts.Observation(
                            !lab.node()
                                    .run("nft", "list", "map", v4() ? "ip" : "ip6", "sluice", "affinity")
                                    .orThrow()
                                    .contains("expires"),
                            left));
            return new Attempts.Observation(reached.size() == 2, reached.toString());
        });
    }
}
