// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.track;

import static dev.sluice.core.fixture.ServiceBuilder.service;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.fixture.ServiceBuilder;
import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ServiceName;
import dev.sluice.core.model.ServicePort;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Two Services that request the same portal. */
class HeldPortalsTest {
    private final ChangeTracker tracker =
            new ChangeTracker("node-a", EnumSet.allOf(IpFamily.class), InstantSource.system());

    private void apply(ServiceBuilder... services) {
        for (ServiceBuilder service : services) {
            tracker.update(service.build());
        }
    }

    /** The names of the changed ports. */
    private List<String> take() {
        tracker.take(IpFamily.IPV6);
        return tracker.take(IpFamily.IPV4).changes().ports().stream()
                .sorted()
                .map(ServicePortName::toString)
                .toList();
    }

    private ServicePort port(String service, String port) {
        var found = tracker.snapshot(IpFamily.IPV4)
                .port(new ServicePortName(new ServiceName("shop", service), port, Protocol.TCP));
        if (found == null) {
            throw new AssertionError("no port " + service + ":" + port);
        }
        return found.service();
    }

    private boolean exists(String service, String port) {
        return tracker.snapshot(IpFamily.IPV4).ports().stream()
                .anyMatch(p -> p.name().toString().equals("shop/" + service + ":" + port));
    }

    private List<String> problems() {
        return tracker.problems().stream().map(Problem::toString).toList();
    }

    private static ServiceBuilder nodePort(String name, String clusterIp, long created) {
        return service("shop/" + name)
                .created(created)
                .type("NodePort")
                .clusterIp(clusterIp)
                .port("http", "TCP", 80, 30080);
    }

    @Test
    void olderServiceHoldsTheNodePortAndTheYoungerLosesOnlyThat() {
        apply(nodePort("young", "10.96.0.1", 200), nodePort("old", "10.96.0.2", 100));
        take();
        assertThat(port("old", "http").nodePort()).isEqualTo(30080);
        assertThat(port("young", "http").nodePort()).isZero();
        assertThat(port("young", "http").clusterIp()).hasToString("10.96.0.1");
        assertThat(problems())
                .containsExactly("Service shop/young: spec.ports[0].nodePort: node port 30080/TCP is held by Service "
                        + "shop/old:http; this port has none until that Service releases it");
    }

    @Test
    void equalAgeIsDecidedByName() {
        apply(nodePort("b", "10.96.0.1", 7), nodePort("a", "10.96.0.2", 7));
        take();
        assertThat(port("a", "http").nodePort()).isEqualTo(30080);
        assertThat(port("b", "http").nodePort()).isZero();
    }

    @Test
    void loserGetsItAtOnceWhenTheWinnerLeaves() {
        apply(nodePort("old", "10.96.0.2", 100), nodePort("young", "10.96.0.1", 200));
        take();
        tracker.deleteService(new ServiceName("shop", "old"));
        assertThat(take()).containsExactly("shop/old:http", "shop/young:http");
        assertThat(port("young", "http").nodePort()).isEqualTo(30080);
        assertThat(problems()).isEmpty();
    }

    @Test
    void loserGetsItWhenTheWinnerTakesAnother() {
        apply(nodePort("old", "10.96.0.2", 100), nodePort("young", "10.96.0.1", 200));
        take();
        apply(service("shop/old").created(100).clusterIp("10.96.0.2").port("http", "TCP", 80, 30081));
        assertThat(take()).containsExactly("shop/old:http", "shop/young:http");
        assertThat(port("young", "http").nodePort()).isEqualTo(30080);
    }

    @Test
    void olderServiceThatComesLaterTakesItOver() {
        apply(nodePort("young", "10.96.0.1", 200));
        assertThat(take()).containsExactly("shop/young:http");
        apply(nodePort("old", "10.96.0.2", 100));
        assertThat(take()).containsExactly("shop/old:http", "shop/young:http");
        assertThat(port("young", "http").nodePort()).isZero();
    }

    @Test
    void protocolsDoNotCollide() {
        apply(
                nodePort("a", "10.96.0.1", 1),
                service("shop/b").created(2).clusterIp("10.96.0.1").port("http", "UDP", 80, 30080));
        take();
        assertThat(problems()).isEmpty();
    }

    @Test
    void familiesDoNotCollide() {
        apply(
                nodePort("a", "10.96.0.1", 1),
                service("shop/b").created(2).clusterIp("fd00::1").port("http", "TCP", 80, 30080));
        take();
        assertThat(problems()).isEmpty();
        assertThat(tracker.snapshot(IpFamily.IPV6).ports())
                .extracting(p -> p.service().nodePort())
                .containsExactly(30080);
    }

    @Test
    void nodePortTakenInBothFamiliesIsOneProblem() {
        apply(
                nodePort("a", "10.96.0.1", 1).families("IPv4", "10.96.0.1", "IPv6", "fd00::1"),
                nodePort("b", "10.96.0.2", 2).families("IPv4", "10.96.0.2", "IPv6", "fd00::2"));
        take();
        assertThat(problems()).hasSize(1);
    }

    @Test
    void losingTheClusterAddressSkipsThePort() {
        apply(
                service("shop/old").created(1).clusterIp("10.96.0.1").port("http", 80),
                service("shop/young")
                        .created(2)
                        .clusterIp("10.96.0.1")
                        .port("http", 80)
                        .port("https", 443));
        take();
        assertThat(exists("young", "http")).isFalse();
        assertThat(exists("young", "https")).isTrue();
        assertThat(problems())
                .containsExactly("Service shop/young: spec.ports[0]: address 10.96.0.1:80/TCP is held by Service "
                        + "shop/old:http; this port is left out until that Service releases it");
    }

    @Test
    void portThatIsLeftOutHoldsNothingElse() {
        apply(
                service("shop/a").created(1).clusterIp("10.96.0.1").port("http", 80),
                nodePort("b", "10.96.0.1", 2),
                nodePort("c", "10.96.0.3", 3));
        take();
        assertThat(exists("b", "http")).isFalse();
        assertThat(port("c", "http").nodePort()).isEqualTo(30080);
        tracker.deleteService(new ServiceName("shop", "a"));
        assertThat(take()).containsExactly("shop/a:http", "shop/b:http", "shop/c:http");
        assertThat(port("b", "http").nodePort()).isEqualTo(30080);
        assertThat(port("c", "http").nodePort()).isZero();
    }

    @Test
    void addressIsDroppedFromItsListOnly() {
        apply(
                service("shop/old")
                        .created(1)
                        .clusterIp("10.96.0.1")
                        .externalIps("203.0.113.1")
                        .port("http", 80),
                service("shop/young")
                        .created(2)
                        .clusterIp("10.96.0.2")
                        .externalIps("203.0.113.1", "203.0.113.2")
                        .ingress("203.0.113.1", "")
                        .ingress("203.0.113.3", "")
                        .port("http", 80)
                        .port("https", 443));
        take();
        assertThat(port("young", "http").externalIps())
                .extracting(IpAddress::toString)
                .containsExactly("203.0.113.2");
        assertThat(port("young", "http").loadBalancerVips())
                .extracting(IpAddress::toString)
                .containsExactly("203.0.113.3");
        assertThat(port("young", "https").externalIps()).hasSize(2);
        assertThat(port("young", "https").loadBalancerVips()).hasSize(2);
        assertThat(tracker.problems()).extracting(Problem::field).containsExactly("spec.externalIPs");
    }

    @Test
    void sharedAddressOnDifferentPortsIsNoConflict() {
        apply(
                service("shop/a")
                        .clusterIp("10.96.0.1")
                        .ingress("203.0.113.1", "")
                        .port("http", 80),
                service("shop/b")
                        .clusterIp("10.96.0.2")
                        .ingress("203.0.113.1", "")
                        .port("https", 443));
        take();
        assertThat(problems()).isEmpty();
    }

    @Test
    void sameAddressAsExternalAndLoadBalancerAddressOfOnePortIsNoConflict() {
        apply(service("shop/a")
                .clusterIp("10.96.0.1")
                .externalIps("203.0.113.1", "10.96.0.1")
                .ingress("203.0.113.1", "")
                .port("http", 80));
        take();
        assertThat(problems()).isEmpty();
        assertThat(port("a", "http").externalIps()).hasSize(2);
    }

    @Test
    void clusterAddressBeatsAnOlderExternalAddress() {
        apply(
                service("shop/thief")
                        .created(1)
                        .clusterIp("10.96.0.1")
                        .externalIps("10.96.0.2", "203.0.113.1")
                        .port("http", 80),
                service("shop/victim").created(2).clusterIp("10.96.0.2").port("http", 80));
        take();
        assertThat(exists("victim", "http")).isTrue();
        assertThat(exists("thief", "http")).isTrue();
        assertThat(port("thief", "http").externalIps())
                .extracting(IpAddress::toString)
                .containsExactly("203.0.113.1");
        tracker.deleteService(new ServiceName("shop", "victim"));
        assertThat(take()).containsExactly("shop/thief:http", "shop/victim:http");
        assertThat(port("thief", "http").externalIps()).hasSize(2);
    }

    @Test
    void twoPortsOfOneServiceAreDecidedByTheirPlace() {
        apply(service("shop/a").port("z", 80).port("a", 80));
        take();
        assertThat(exists("a", "z")).isTrue();
        assertThat(exists("a", "a")).isFalse();
        assertThat(tracker.problems()).extracting(Problem::field).containsExactly("spec.ports[1]");
        apply(service("shop/a").port("a", 80).port("z", 80));
        assertThat(take()).containsExactly("shop/a:a", "shop/a:z");
        assertThat(exists("a", "a")).isTrue();
    }

    @Test
    void queueOfThreeIsServedInOrder() {
        apply(nodePort("c", "10.96.0.3", 3), nodePort("a", "10.96.0.1", 1), nodePort("b", "10.96.0.2", 2));
        take();
        tracker.deleteService(new ServiceName("shop", "a"));
        assertThat(take()).containsExactly("shop/a:http", "shop/b:http");
        assertThat(port("b", "http").nodePort()).isEqualTo(30080);
        tracker.deleteService(new ServiceName("shop", "c"));
        assertThat(take()).containsExactly("shop/c:http");
        assertThat(problems()).isEmpty();
    }

    @Test
    void recreatedServiceGoesToTheEndOfTheQueue() {
        apply(nodePort("a", "10.96.0.1", 1), nodePort("b", "10.96.0.2", 2));
        take();
        apply(nodePort("a", "10.96.0.1", 3));
        assertThat(take()).containsExactly("shop/a:http", "shop/b:http");
        assertThat(port("b", "http").nodePort()).isEqualTo(30080);
    }
}
