// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.conntrack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.core.config.NodePortAddresses;
import dev.sluice.core.conntrack.ConntrackTargets;
import dev.sluice.core.conntrack.StaleReason;
import dev.sluice.core.mode.ConntrackPolicy;
import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.ServicePort;
import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.sync.Changes;
import dev.sluice.core.sync.KernelCost;
import dev.sluice.core.sync.Suspects;
import dev.sluice.core.sync.SyncException;
import dev.sluice.linux.conntrack.ConntrackEntry;
import dev.sluice.testkit.fake.FakeConntrack;
import dev.sluice.testkit.fake.FakeLinks;
import dev.sluice.testkit.model.EditableSnapshot;
import dev.sluice.testkit.model.Endpoints;
import dev.sluice.testkit.model.ServicePorts;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ConntrackCleaningTest {
    private static final String CLIENT = "10.244.1.9:40000";
    private static final String VIP = "10.96.0.10";
    private static final Endpoint A = Endpoints.local("10.244.1.2", 5353);
    private static final Endpoint B = Endpoints.remote("10.244.2.2", 5353);

    private final ServicePort dns =
            ServicePorts.udp("kube-system/dns", VIP, 53).nodePort(30053).build();
    private final EditableSnapshot snapshot = new EditableSnapshot(IpFamily.IPV4);
    private final FakeConntrack table = new FakeConntrack();
    private final ControlledBackend mode = new ControlledBackend();
    private final FakeLinks links = new FakeLinks().device("eth0", "veth").address("eth0", "192.168.10.1", 24);
    private final Heard heard = new Heard();
    private ConntrackCleaning cleaning;

    private static final class Heard implements CleaningListener {
        final List<Map<DeletionCause, Integer>> cleanings = new ArrayList<>();
        int failures;

        @Override
        public void cleaned(IpFamily family, Map<DeletionCause, Integer> deleted, Duration took) {
            cleanings.add(deleted);
        }

        @Override
        public void failed(IpFamily family) {
            failures++;
        }
    }

    @BeforeEach
    void usual() {
        cleaning = cleaning(servingNodePortsOn(), true);
    }

    private ConntrackCleaning cleaning(NodePortAddresses nodePorts, boolean loopback) {
        ConntrackPolicy policy =
                new ConntrackPolicy(Set.of(Protocol.UDP, Protocol.SCTP), ConntrackTargets.endpoints(), loopback);
        return new ConntrackCleaning(mode, policy, nodePorts, Set.of("service-link"), table, links, heard);
    }

    @Test
    void theModeMayAskForAnotherSync() {
        assertThat(cleaning.nextCheck()).contains(Duration.ofSeconds(7));
    }

    @Test
    void aFlowToAnEndpointThatIsGoneIsDeletedAndCountedWithItsReason() throws Exception {
        table.add(Protocol.UDP, CLIENT, VIP + ":53", A.toString());
        table.add(Protocol.UDP, "10.244.1.9:40001", VIP + ":53", A.toString());
        ConntrackEntry toB = table.add(Protocol.UDP, "10.244.1.9:40002", VIP + ":53", B.toString());
        table.add(Protocol.UDP, "192.0.2.7:40000", "192.168.10.1:30053", "192.168.10.1:30053");
        syncAll(A, B);
        sync(B);
        assertThat(table.flows()).containsExactly(toB);
        assertThat(heard.cleanings)
                .containsExactly(Map.of(udp(StaleReason.UNTRANSLATED), 1), Map.of(udp(StaleReason.ENDPOINT_GONE), 2));
    }

    @Test
    void aRestartWithNothingChangedTouchesNoFlow() throws Exception {
        ServicePort web = ServicePorts.tcp("shop/web", "10.96.0.50", 80).build();
        ServicePort signal =
                ServicePorts.sctp("shop/signal", "10.96.0.60", 2905).build();
        snapshot.put(Endpoints.resolved(web, Endpoints.local("10.244.1.2", 8080)));
        snapshot.put(Endpoints.resolved(signal, Endpoints.remote("10.244.2.2", 2905)));
        table.add(Protocol.UDP, CLIENT, VIP + ":53", A.toString());
        table.add(Protocol.UDP, CLIENT, "192.168.10.1:30053", A.toString());
        table.add(Protocol.TCP, CLIENT, "10.96.0.50:80", "10.244.1.2:8080");
        table.add(Protocol.SCTP, CLIENT, "10.96.0.60:2905", "10.244.2.2:2905");
        table.add(Protocol.UDP, CLIENT, "192.0.2.53:53", "192.0.2.53:53");
        List<ConntrackEntry> before = table.flows();
        syncAll(A);
        assertThat(table.flows()).isEqualTo(before);
        assertThat(heard.cleanings).containsExactly(Map.of());
        int dumps = table.dumps();
        syncAll(A);
        assertThat(table.dumps()).as("read once").isEqualTo(dumps);
    }

    @Test
    void aRestartDuringWhichEndpointsWentDeletesTheirFlows() throws Exception {
        table.add(Protocol.UDP, CLIENT, VIP + ":53", "10.244.7.7:5353");
        table.add(Protocol.UDP, CLIENT, "192.168.10.1:30053", "10.244.7.7:5353");
        syncAll(A);
        assertThat(table.flows()).isEmpty();
        assertThat(heard.cleanings).containsExactly(Map.of(udp(StaleReason.ENDPOINT_GONE), 2));
    }

    @Test
    void nothingIsDeletedBeforeTheNewRulesAreInForce() throws Exception {
        syncAll(A);
        ConntrackEntry flow = table.add(Protocol.UDP, CLIENT, VIP + ":53", A.toString());
        mode.during = () -> assertThat(table.flows()).containsExactly(flow);
        sync(B);
        assertThat(table.flows()).isEmpty();
    }

    @Test
    void tcpIsNeverTouched() throws Exception {
        ServicePort web = ServicePorts.tcp("shop/web", "10.96.0.50", 80).build();
        table.add(Protocol.TCP, CLIENT, "10.96.0.50:80", "10.244.1.2:8080");
        table.add(Protocol.TCP, "10.244.1.9:40001", "10.96.0.50:80", "10.96.0.50:80");
        snapshot.put(Endpoints.resolved(web, Endpoints.local("10.244.1.2", 8080)));
        cleaning.sync(snapshot, Changes.all());
        snapshot.put(Endpoints.resolved(web));
        cleaning.sync(snapshot, snapshot.changes());
        assertThat(table.flows()).hasSize(2);
        assertThat(table.dumps()).as("the table is not even read").isZero();
    }

    @Test
    void anAssociationWithAnEndpointThatIsGoneIsDeleted() throws Exception {
        ServicePort signal =
                ServicePorts.sctp("shop/signal", "10.96.0.60", 2905).build();
        snapshot.put(
                Endpoints.resolved(signal, Endpoints.remote("10.244.2.2", 2905), Endpoints.remote("10.244.2.3", 2905)));
        cleaning.sync(snapshot, Changes.all());
        table.add(Protocol.SCTP, "10.244.1.9:2905", "10.96.0.60:2905", "10.244.2.2:2905");
        ConntrackEntry toUnready = table.add(Protocol.SCTP, "10.244.1.8:2905", "10.96.0.60:2905", "10.244.2.3:2905");
        snapshot.put(Endpoints.resolved(signal, Endpoints.notReady("10.244.2.3", 2905)));
        cleaning.sync(snapshot, snapshot.changes());
        assertThat(table.flows()).containsExactly(toUnready);
        assertThat(heard.cleanings.getLast())
                .isEqualTo(Map.of(new DeletionCause(StaleReason.ENDPOINT_GONE, Protocol.SCTP), 1));
    }

    @Test
    void aNodePortCountsOnlyWhereItIsServed() throws Exception {
        links.device("kube-ipvs0", "dummy").address("kube-ipvs0", "10.96.0.77", 32);
        links.device("eth1", "veth").address("eth1", "172.16.0.1", 24);
        cleaning = cleaning(servingNodePortsOn("192.168.0.0/16", "127.0.0.0/8"), true);
        for (String elsewhere : List.of("198.51.100.9", "10.96.0.77", "172.16.0.1", "192.168.99.1")) {
            table.add(Protocol.UDP, CLIENT, elsewhere + ":30053", elsewhere + ":30053");
        }
        List<ConntrackEntry> others = table.flows();
        table.add(Protocol.UDP, CLIENT, "192.168.10.1:30053", "10.244.9.9:5353");
        table.add(Protocol.UDP, "127.0.0.1:999", "127.0.0.1:30053", "127.0.0.1:30053");
        syncAll(A);
        assertThat(table.flows()).isEqualTo(others);
    }

    @Test
    void loopbackNodePortsCountOnlyInModesThatServeThem() throws Exception {
        cleaning = cleaning(servingNodePortsOn(), false);
        table.add(Protocol.UDP, "127.0.0.1:999", "127.0.0.1:30053", "127.0.0.1:30053");
        syncAll(A);
        assertThat(table.flows()).hasSize(1);
    }

    @Test
    void theTableIsNotReadWhenNoFlowCanBeStale() throws Exception {
        syncAll(A);
        int dumps = table.dumps();
        sync(A, B);
        syncAll(A, B);
        assertThat(table.dumps()).isEqualTo(dumps);
    }

    @Test
    void afterSomebodyMeddledWithTheRulesFlowsThatPassedThemByAreDeleted() throws Exception {
        syncAll(A);
        ConntrackEntry fine = table.add(Protocol.UDP, CLIENT, VIP + ":53", A.toString());
        table.add(Protocol.UDP, "10.244.1.9:40001", VIP + ":53", VIP + ":53");
        mode.cost = new KernelCost(3, 200);
        cleaning.sync(snapshot, Changes.all());
        assertThat(table.flows()).containsExactly(fine);
    }

    @Test
    void afterARepairTheFlowsThatBeganMeanwhileAreDeleted() throws Exception {
        syncAll(A);
        ConntrackEntry fine = table.add(Protocol.UDP, CLIENT, VIP + ":53", A.toString());
        ConntrackEntry passedBy = table.add(Protocol.UDP, "10.244.1.9:40001", VIP + ":53", VIP + ":53");
        cleaning.repair(snapshot, Suspects.all());
        assertThat(table.flows()).as("nothing was repaired").containsExactly(fine, passedBy);
        mode.cost = new KernelCost(1, 80);
        cleaning.repair(snapshot, Suspects.all());
        assertThat(table.flows()).containsExactly(fine);
    }

    @Test
    void aFailureNeverFailsTheSyncAndIsMadeUpForAtTheNextOne() throws Exception {
        syncAll(A);
        table.add(Protocol.UDP, CLIENT, VIP + ":53", A.toString());
        table.failNextDumps(2);
        sync(B);
        ServicePort web = ServicePorts.tcp("shop/web", "10.96.0.50", 80).build();
        snapshot.put(Endpoints.resolved(web));
        cleaning.sync(snapshot, snapshot.changes());
        assertThat(table.flows()).hasSize(1);
        assertThat(heard.failures).isEqualTo(2);
        snapshot.remove(web.name());
        cleaning.sync(snapshot, snapshot.changes());
        assertThat(table.flows()).isEmpty();
        assertThat(heard.cleanings.getLast()).isEqualTo(Map.of(udp(StaleReason.ENDPOINT_GONE), 1));
    }

    @Test
    void aDeletionThatTheKernelRefusesIsTriedAgain() throws Exception {
        syncAll(A);
        table.add(Protocol.UDP, CLIENT, VIP + ":53", A.toString());
        table.add(Protocol.UDP, "10.244.1.9:40001", VIP + ":53", A.toString());
        table.refuseNextDeletions(1);
        sync(B);
        assertThat(table.flows()).hasSize(1);
        assertThat(heard.failures).isEqualTo(1);
        syncAll(B);
        assertThat(table.flows()).isEmpty();
        assertThat(heard.cleanings)
                .containsExactly(
                        Map.of(), Map.of(udp(StaleReason.ENDPOINT_GONE), 1), Map.of(udp(StaleReason.ENDPOINT_GONE), 1));
    }

    @Test
    void whatASyncThatFailedMayHavePutInForceIsLookedAtLater() throws Exception {
        syncAll(A);
        mode.fails = true;
        assertThatThrownBy(() -> sync(B)).isInstanceOf(SyncException.class);
        assertThat(table.dumps()).isEqualTo(2);
        table.add(Protocol.UDP, CLIENT, VIP + ":53", B.toString());
        mode.fails = false;
        snapshot.remove(dns.name());
        cleaning.sync(snapshot, Changes.all());
        assertThat(table.flows()).isEmpty();
        assertThat(heard.cleanings.getLast()).isEqualTo(Map.of(udp(StaleReason.SERVICE_GONE), 1));
    }

    @Test
    void manyPortalsAreOneReadingOfTheTable() throws Exception {
        for (int i = 1; i <= 50; i++) {
            snapshot.put(Endpoints.resolved(
                    ServicePorts.udp("many/s" + i, "10.96.1." + i, 53).build(), A));
        }
        cleaning.sync(snapshot, Changes.all());
        assertThat(table.dumps()).isEqualTo(1);
    }

    private static NodePortAddresses servingNodePortsOn(String... ranges) {
        return new NodePortAddresses(
                IpFamily.IPV4, Arrays.stream(ranges).map(Cidr::of).toList());
    }

    private static DeletionCause udp(StaleReason reason) {
        return new DeletionCause(reason, Protocol.UDP);
    }

    private void sync(Endpoint... endpoints) throws Exception {
        snapshot.put(Endpoints.resolved(dns, endpoints));
        cleaning.sync(snapshot, snapshot.changes());
    }

    private void syncAll(Endpoint... endpoints) throws Exception {
        snapshot.put(Endpoints.resolved(dns, endpoints));
        snapshot.changes();
        cleaning.sync(snapshot, Changes.all());
    }
}
