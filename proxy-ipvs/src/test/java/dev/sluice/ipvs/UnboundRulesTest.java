// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs;

import static dev.sluice.testkit.model.Endpoints.local;
import static dev.sluice.testkit.model.Endpoints.remote;
import static dev.sluice.testkit.model.Endpoints.resolved;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.model.AddressOwner;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.net.IpFamily;
import dev.sluice.ipvs.rules.IpvsRules;
import dev.sluice.testkit.model.ServicePorts;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The rules of external addresses that are not bound: as few as there are ports, and never for another Service. */
class UnboundRulesTest {
    private final TestNode node = new TestNode(IpFamily.IPV4);

    private static ServicePorts ofNodes(String name, String clusterIp, int port, int... nodes) {
        String[] addresses =
                Arrays.stream(nodes).mapToObj(i -> "192.168.7." + i).toArray(String[]::new);
        ServicePorts service = ServicePorts.tcp(name, clusterIp, port).loadBalancer(addresses);
        for (String address : addresses) {
            service.owner(address, AddressOwner.NODE);
        }
        return service;
    }

    /** As k3s's ServiceLB has it: rules do not grow with the nodes, and a node that joins writes none. */
    @Test
    void aPortAtTheAddressesOfAllNodesTakesOneRule() throws Exception {
        int[] nodes = IntStream.range(11, 61).toArray();
        node.put(with(ofNodes("shop/web:a", "10.96.0.50", 80, nodes)))
                .put(with(ofNodes("shop/web:b", "10.96.0.50", 443, nodes)))
                .fullSync();
        assertThat(rules())
                .containsExactly(
                        "-p tcp -m tcp --dport 80 -m comment --comment \"shop/web:a\""
                                + " -j DNAT --to-destination 10.96.0.50:80",
                        "-p tcp -m tcp --dport 443 -m comment --comment \"shop/web:b\""
                                + " -j DNAT --to-destination 10.96.0.50:443");
        assertThat(node.sets.elements("KUBE-UNBOUND")).hasSize(100);

        node.resetCounters();
        node.put(with(ofNodes(
                        "shop/web:a", "10.96.0.50", 80, IntStream.range(11, 62).toArray())))
                .sync();
        node.put(with(ofNodes(
                        "shop/web:a", "10.96.0.50", 80, IntStream.range(12, 62).toArray())))
                .sync();
        assertThat(node.iptables.restores()).isZero();
        assertThat(node.sets.elements("KUBE-UNBOUND")).hasSize(100).contains("192.168.7.61,tcp:80");
        node.restart();
        node.put(with(ofNodes(
                        "shop/web:a", "10.96.0.50", 80, IntStream.range(12, 62).toArray())))
                .put(with(ofNodes("shop/web:b", "10.96.0.50", 443, nodes)))
                .fullSync();
        assertThat(node.iptables.restores()).isZero();
    }

    /** After each single step of each sync, what is sent to one Service does not get to another. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void aRuleOfAPortNeverLeadsToAnotherService(long seed) throws Exception {
        Random random = new Random(seed);
        Map<String, Set<String>> owners = new HashMap<>();
        node.sets.refuse(change -> isLedAstray(owners));
        node.iptables.refuse(text -> isLedAstray(owners));
        Map<String, String> before = Map.of();
        for (int round = 0; round < 60; round++) {
            Map<String, String> now = new HashMap<>();
            for (String address : List.of("192.168.7.11", "192.168.7.12", "192.168.7.13", "192.168.7.14")) {
                switch (random.nextInt(3)) {
                    case 0 -> now.put(address, "10.96.0.50");
                    case 1 -> now.put(address, "10.96.0.51");
                    default -> {}
                }
            }
            owners.clear();
            Stream.of(before, now)
                    .forEach(map -> map.forEach((address, ip) -> owners.computeIfAbsent(address, _ -> new HashSet<>())
                            .add(ip)));
            node.put(with(ofNodes("shop/a", "10.96.0.50", 80, of("10.96.0.50", now))));
            node.put(with(ofNodes("shop/b", "10.96.0.51", 80, of("10.96.0.51", now))));
            if (random.nextInt(5) == 0) {
                node.restart();
                node.fullSync();
            } else {
                node.sync();
            }
            assertThat(now).allSatisfy((address, ip) -> assertThat(led(address)).contains(ip));
            assertThat(node.sets.elements("KUBE-UNBOUND")).hasSameSizeAs(now.keySet());
            before = now;
        }
    }

    private static int[] of(String clusterIp, Map<String, String> owners) {
        return owners.entrySet().stream()
                .filter(entry -> entry.getValue().equals(clusterIp))
                .mapToInt(entry -> Integer.parseInt(entry.getKey().substring("192.168.7.".length())))
                .sorted()
                .toArray();
    }

    /** Where the rules lead a connection to port 80 of that address. */
    private Optional<String> led(String address) {
        return rules().stream()
                .filter(rule -> !rule.startsWith("-d ") || rule.startsWith("-d " + address + "/32 "))
                .findFirst()
                .map(rule -> rule.substring(rule.lastIndexOf(' ') + 1).replace(":80", ""));
    }

    private boolean isLedAstray(Map<String, Set<String>> owners) {
        if (!node.sets.names().contains("KUBE-UNBOUND")) {
            return false;
        }
        for (String element : node.sets.elements("KUBE-UNBOUND")) {
            String address = element.substring(0, element.indexOf(','));
            led(address)
                    .ifPresent(ip -> assertThat(owners.getOrDefault(address, Set.of()))
                            .as("%s by %s", address, rules())
                            .contains(ip));
        }
        return false;
    }

    private static ResolvedPort with(ServicePorts service) {
        return resolved(service.build(), local("10.244.0.5", 8080), remote("10.244.1.7", 8080));
    }

    private List<String> rules() {
        return node.iptables.rules("nat", IpvsRules.UNBOUND_TO);
    }
}
