// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.sync;

import static dev.sluice.testkit.model.Endpoints.remote;
import static dev.sluice.testkit.model.Endpoints.resolved;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.sync.Suspects;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.ipvs.TestNode;
import dev.sluice.ipvs.rules.KubeSet;
import dev.sluice.linux.ipset.IpSet;
import dev.sluice.linux.ipset.IpSets.SetChange;
import dev.sluice.linux.ipset.SetEntry;
import dev.sluice.linux.ipvs.IpvsCommand.DeleteRealServer;
import dev.sluice.linux.ipvs.IpvsCommand.DeleteVirtualServer;
import dev.sluice.linux.ipvs.IpvsCommand.EditRealServer;
import dev.sluice.linux.ipvs.RealServer;
import dev.sluice.linux.ipvs.VirtualServerKey;
import dev.sluice.linux.route.LinkChange;
import dev.sluice.testkit.model.ServicePorts;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Changes by another program to virtual servers, sets and addresses are found within five seconds, named, and repaired.
 */
class DriftTest {
    private static final IpAddress VIP = IpAddress.of("10.96.0.50");
    private static final VirtualServerKey KEY = new VirtualServerKey(Protocol.TCP, VIP, 80);
    private static final RealServer FIRST = new RealServer(IpAddress.of("10.244.1.7"), 8080, 1);

    private final TestNode node = new TestNode(IpFamily.IPV4);
    private String before = "";

    @BeforeEach
    void start() throws Exception {
        node.put(resolved(
                ServicePorts.tcp("shop/web", VIP.toString(), 80).nodePort(30080).build(),
                remote("10.244.1.7", 8080),
                remote("10.244.1.8", 8080)));
        node.fullSync();
        before = sorted();
        node.resetCounters();
    }

    private String sorted() {
        return node.dump().stream().sorted().toList().toString();
    }

    private Map<KernelObject, Integer> repaired() throws Exception {
        assertThat(node.backend().nextCheck()).contains(DriftCheck.PERIOD);
        node.pass(DriftCheck.PERIOD);
        assertThat(node.backend().nextCheck()).contains(Duration.ZERO);
        SyncReport report = node.sync();
        assertThat(sorted()).isEqualTo(before);
        return report.repaired();
    }

    @Test
    void whereNothingHasChangedThreeListsAreReadAndNothingIsWritten() throws Exception {
        node.pass(DriftCheck.PERIOD);
        assertThat(node.sync().repaired()).isEmpty();
        assertThat(node.ipvs.dumps()).isEqualTo(1);
        assertThat(node.ipvs.log()).isEmpty();
        assertThat(node.sets.lists()).isZero();
        assertThat(node.sets.log()).isEmpty();
        assertThat(node.links.dumps()).isLessThanOrEqualTo(2);
    }

    @Test
    void whatTheTableLeavesOutIsAskedForAndIsNoDrift() throws Exception {
        node.ipvs.leaveOut(key -> key.port() == 80);
        node.pass(DriftCheck.PERIOD);
        assertThat(node.sync().repaired()).isEmpty();
        assertThat(node.ipvs.log()).isEmpty();
        node.fullSync();
        assertThat(node.ipvs.log()).isEmpty();
    }

    @Test
    void whatIsGoneIsFoundAlsoWhereTheTableLeavesOthersOut() throws Exception {
        node.ipvs.leaveOut(key -> key.port() == 30080);
        node.ipvs.apply(List.of(new DeleteVirtualServer(KEY)));
        assertThat(repaired()).isEqualTo(Map.of(new KernelObject("ipvs", "10.96.0.50:80/TCP"), 3));
    }

    @Test
    void betweenTwoLooksNothingIsRead() throws Exception {
        node.pass(DriftCheck.PERIOD.minusMillis(1));
        node.sync();
        assertThat(node.ipvs.dumps()).isZero();
    }

    @Test
    void whereALookTakesLongTheNextOneIsLater() throws Exception {
        node.ipvs.onListing(() -> node.pass(Duration.ofMillis(300)));
        node.pass(DriftCheck.PERIOD);
        node.sync();
        assertThat(node.backend().nextCheck()).as("a hundred times as long").contains(Duration.ofSeconds(30));
        node.ipvs.onListing(() -> {});
        node.pass(Duration.ofSeconds(30));
        node.sync();
        assertThat(node.backend().nextCheck()).contains(DriftCheck.PERIOD);
    }

    @Test
    void allVirtualServersFlushed() throws Exception {
        node.ipvs.flush();
        assertThat(repaired())
                .isEqualTo(Map.of(
                        new KernelObject("ipvs", "10.96.0.50:80/TCP"),
                        3,
                        new KernelObject("ipvs", "192.168.7.10:30080/TCP"),
                        3,
                        new KernelObject("ipvs", "10.244.0.1:30080/TCP"),
                        3));
    }

    @Test
    void aDestinationDeletedAndAnotherOnesWeightTaken() throws Exception {
        RealServer second = new RealServer(IpAddress.of("10.244.1.8"), 8080, 0);
        node.ipvs.apply(List.of(new DeleteRealServer(KEY, FIRST), new EditRealServer(KEY, second)));
        assertThat(repaired()).isEqualTo(Map.of(new KernelObject("ipvs", "10.96.0.50:80/TCP"), 2));
    }

    @Test
    void aSetFlushed() throws Exception {
        IpSet set = KubeSet.CLUSTER_IP.in(IpFamily.IPV4);
        node.sets.apply(List.of(new SetChange(set, new SetEntry.IpPort(VIP, Protocol.TCP, 80), false)));
        assertThat(repaired()).isEqualTo(Map.of(new KernelObject("ipset", "KUBE-CLUSTER-IP"), 1));
    }

    @Test
    void anElementAddedToASetOfOurs() throws Exception {
        IpSet set = KubeSet.LOAD_BALANCER.in(IpFamily.IPV4);
        node.sets.apply(List.of(new SetChange(set, new SetEntry.IpPort(VIP, Protocol.TCP, 81), true)));
        assertThat(repaired()).isEqualTo(Map.of(new KernelObject("ipset", "KUBE-LOAD-BALANCER"), 1));
    }

    @Test
    void anAddressDeletedAndAnotherAdded() throws Exception {
        node.links.removeAddress("kube-ipvs0", VIP.toString());
        node.links.address("kube-ipvs0", "10.96.9.9", 32);
        assertThat(repaired()).isEqualTo(Map.of(new KernelObject("addresses", "kube-ipvs0"), 2));
    }

    @Test
    void theDeviceDeleted() throws Exception {
        node.links.deleteLink("kube-ipvs0");
        assertThat(repaired()).isEqualTo(Map.of(new KernelObject("addresses", "kube-ipvs0"), 1));
    }

    @Test
    void aFullSyncTellsToo() throws Exception {
        node.ipvs.apply(List.of(new DeleteRealServer(KEY, FIRST)));
        assertThat(node.fullSync().repaired()).isEqualTo(Map.of(new KernelObject("ipvs", "10.96.0.50:80/TCP"), 1));
        assertThat(sorted()).isEqualTo(before);
    }

    @Test
    void aNewAddressOfTheNodeServesNodePorts() throws Exception {
        node.links.address("eth0", "192.168.7.11", 24);
        node.pass(DriftCheck.PERIOD);
        assertThat(node.sync().full()).isTrue();
        assertThat(node.ipvsadm()).contains("-A -t 192.168.7.11:30080");
    }

    @Test
    void announcedChangesAreRepairedAtOnceAndRulesWithThem() throws Exception {
        node.links.removeAddress("kube-ipvs0", VIP.toString());
        node.iptables.restore("*nat\n-F KUBE-SERVICES\nCOMMIT\n");
        SyncReport report =
                node.backend().repair(node.snapshot, Suspects.of(Set.of(new KernelObject("addresses", "kube-ipvs0"))));
        assertThat(report.repaired()).isEqualTo(Map.of(new KernelObject("addresses", "kube-ipvs0"), 1));
        assertThat(sorted()).isEqualTo(before);
    }

    @Test
    void ofAnnouncementsThoseCountThatAreOfOthers() throws Exception {
        int dummy = node.links.link("kube-ipvs0").orElseThrow().index();
        int eth0 = node.links.link("eth0").orElseThrow().index();
        IpAddress other = IpAddress.of("10.96.9.9");
        IpAddress v6 = IpAddress.of("fd00:7::99");

        assertThat(concerns(new LinkChange.AddressSet(dummy, VIP, 32))).isFalse();
        assertThat(concerns(new LinkChange.AddressSet(dummy, other, 32))).isTrue();
        assertThat(concerns(new LinkChange.AddressDeleted(dummy, VIP, 32))).isTrue();
        assertThat(concerns(new LinkChange.AddressDeleted(dummy, other, 32))).isFalse();
        assertThat(concerns(new LinkChange.AddressSet(dummy, v6, 128))).isFalse();
        assertThat(concerns(new LinkChange.AddressSet(eth0, other, 24)))
                .as("the node's own addresses are watched for every mode")
                .isFalse();
        assertThat(concerns(
                        new LinkChange.LinkDeleted(node.links.link("kube-ipvs0").orElseThrow())))
                .isTrue();
        assertThat(concerns(new LinkChange.LinkDeleted(node.links.link("eth0").orElseThrow())))
                .isFalse();
        assertThat(concerns(new LinkChange.Lost())).isTrue();
    }

    private boolean concerns(LinkChange change) {
        return node.isConcernedBy(change);
    }
}
