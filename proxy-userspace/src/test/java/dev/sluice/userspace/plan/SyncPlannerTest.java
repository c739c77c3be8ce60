// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.model.Portal;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.linux.ipset.IpSets.SetChange;
import dev.sluice.linux.ipset.SetEntry;
import dev.sluice.testkit.model.Endpoints;
import dev.sluice.testkit.model.ServicePorts;
import dev.sluice.userspace.balance.Scheduler;
import dev.sluice.userspace.routing.PortalScope;
import dev.sluice.userspace.rules.PortRedirection;
import dev.sluice.userspace.rules.PortalAccess;
import dev.sluice.userspace.rules.PortalSets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SyncPlannerTest {
    private final SyncPlanner planner = new SyncPlanner(Scheduler.RR, () -> 0);

    private static ServicePorts web() {
        return ServicePorts.tcp("shop/web:http", "10.96.0.50", 80);
    }

    private static ServicePorts dns() {
        return ServicePorts.udp("kube-system/dns:dns", "10.96.0.10", 53);
    }

    private static ResolvedPort served(ServicePorts service) {
        return Endpoints.resolved(service.build(), Endpoints.remote("10.244.2.2", 8080));
    }

    private SyncPlan planned(ResolvedPort... desired) {
        Map<ServicePortName, @Nullable ResolvedPort> ports = new LinkedHashMap<>();
        for (ResolvedPort port : desired) {
            ports.put(port.name(), port);
        }
        return planner.plan(ports.keySet(), ports::get);
    }

    private SyncPlan removed(ServicePorts service) {
        return planner.plan(Set.of(service.build().name()), name -> null);
    }

    private static Stream<String> elements(SyncPlan plan) {
        return plan.elements().changes().stream().map(SetChange::toString);
    }

    @Test
    void aNewPortIsRoutesAndElements() {
        SyncPlan plan = planned(served(web().nodePort(30080)));
        assertThat(elements(plan))
                .containsExactly("add SLUICE-OPEN 10.96.0.50,tcp:80", "add SLUICE-NODE-TCP-OPEN 30080");
        ServicePortName name = web().build().name();
        assertThat(plan.newRoutes())
                .containsExactly(
                        new PortalLink(
                                new Portal.Address(Protocol.TCP, IpAddress.of("10.96.0.50"), 80),
                                name,
                                PortalScope.INTERNAL),
                        new PortalLink(new Portal.NodePort(Protocol.TCP, 30080), name, PortalScope.EXTERNAL));
        assertThat(plan.changedPorts()).extracting(DesiredPort::name).containsExactly(name);
        assertThat(elements(planned(served(web().nodePort(30080))))).as("again").isEmpty();
    }

    @Test
    void aUdpPortIsRoutesAndElementsToo() {
        assertThat(elements(planned(served(dns().nodePort(30053)))))
                .containsExactly("add SLUICE-OPEN 10.96.0.10,udp:53", "add SLUICE-NODE-UDP-OPEN 30053");
    }

    @Test
    void conntrackEntriesOfAPortMayLeadToTheProxyEvenWhereItDrops() {
        ServicePorts local = dns().nodePort(30053).externalPolicyLocal().internalPolicyLocal();
        planned(served(local));
        assertThat(redirection(local).admits()).isTrue();
        planned(Endpoints.resolved(local.build()));
        assertThat(redirection(local).admits())
                .as("no endpoint at all: refused")
                .isFalse();
    }

    private PortRedirection redirection(ServicePorts service) {
        return Objects.requireNonNull(planner.ports().get(service.build().name()))
                .redirection();
    }

    @Test
    void withoutUdpSocketsUdpPortsAreRemovedAndReported() {
        planned(served(dns()), served(web()));
        planner.setUdpProblem("no sockets");
        SyncPlan plan = planned(served(dns()), served(web()));
        assertThat(plan.removedPorts()).containsExactly(dns().build().name());
        assertThat(planner.ports().names()).containsExactly(web().build().name());
        assertThat(planner.problems())
                .singleElement()
                .satisfies(problem -> assertThat(problem.toString()).contains("kube-system/dns", "no sockets"));
        planner.setUdpProblem(null);
        planned(served(dns()));
        assertThat(planner.problems()).isEmpty();
        assertThat(planner.ports().names()).hasSize(2);
    }

    @Test
    void aPortalPassesFromOnePortToAnotherWhateverTheirOrder() {
        ServicePorts other = ServicePorts.tcp("shop/other", "10.96.0.70", 80);
        planned(served(web().externalIps("198.51.100.1")), served(other));
        ResolvedPort loser = served(web().externalIps());
        ResolvedPort winner =
                served(ServicePorts.tcp("shop/other", "10.96.0.70", 80).externalIps("198.51.100.1"));
        assertThat(elements(planned(loser, winner)))
                .as("the element stays")
                .containsExactly("add SLUICE-OPEN 198.51.100.1,tcp:80");
        planned(winner, loser);
        assertThat(planner.ports()
                        .contains(
                                PortalSets.addresses(IpFamily.IPV4, PortalAccess.OPEN),
                                new SetEntry.IpPort(IpAddress.of("198.51.100.1"), Protocol.TCP, 80)))
                .isTrue();
    }

    @Test
    void whatAPortLeavesIsStale() {
        planned(served(web().nodePort(30080)));
        SyncPlan plan = removed(web());
        assertThat(elements(plan))
                .containsExactly("del SLUICE-OPEN 10.96.0.50,tcp:80", "del SLUICE-NODE-TCP-OPEN 30080");
        assertThat(plan.staleRoutes()).hasSize(2);
        assertThat(plan.removedPorts()).containsExactly(web().build().name());
        assertThat(planner.ports().names()).isEmpty();
    }

    @Test
    void aRefusedElementIsAProblemOfItsOwner() {
        planned(served(web()), served(ServicePorts.tcp("shop/other", "10.96.0.70", 80)));
        var element = Objects.requireNonNull(planner.ports().get(web().build().name()))
                .elements()
                .iterator()
                .next();
        planner.refused(element, "no memory");
        assertThat(planner.problems())
                .singleElement()
                .satisfies(problem ->
                        assertThat(problem.toString()).contains("shop/web", "10.96.0.50,tcp:80", "no memory"));
        planned(served(web()));
        assertThat(planner.problems()).isEmpty();
    }

    @Test
    void aSourceRangeAdmitsEachAddressInIt() {
        planned(served(web().loadBalancer("203.0.113.1").sourceRanges("192.0.2.0/24")));
        assertThat(allowed("192.0.2.77")).isTrue();
        assertThat(allowed("192.0.3.1")).isFalse();
    }

    private boolean allowed(String client) {
        return planner.ports()
                .contains(
                        PortalSets.allowed(IpFamily.IPV4),
                        new SetEntry.IpPortNet(
                                IpAddress.of("203.0.113.1"), Protocol.TCP, 80, Cidr.host(IpAddress.of(client))));
    }
}
