// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs;

import static dev.sluice.testkit.model.Endpoints.remote;
import static dev.sluice.testkit.model.Endpoints.resolved;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.sync.SyncException;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.linux.Errno;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.ipvs.IpvsCommand.AddVirtualServer;
import dev.sluice.linux.ipvs.IpvsCommand.DeleteRealServer;
import dev.sluice.linux.ipvs.IpvsCommand.DeleteVirtualServer;
import dev.sluice.linux.ipvs.RealServer;
import dev.sluice.linux.ipvs.VirtualServerKey;
import dev.sluice.testkit.model.ServicePorts;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A refusal by the kernel affects one Service, not the others; and what other programs change is repaired. */
class RefusalTest {
    private static final VirtualServerKey BAD = new VirtualServerKey(Protocol.TCP, IpAddress.of("10.96.0.2"), 80);
    private final TestNode node = new TestNode(IpFamily.IPV4);

    private static ResolvedPort port(String name, String address) {
        return resolved(ServicePorts.tcp(name, address, 80).build(), remote("10.244.1.7", 8080));
    }

    @BeforeEach
    void twoServices() throws Exception {
        node.put(port("a/good", "10.96.0.1"));
        node.fullSync();
    }

    @Test
    void aRefusedVirtualServerIsReportedAndTriedAgain() throws Exception {
        node.ipvs.refuse(
                c -> c instanceof AddVirtualServer n && n.virtualServer().equals(BAD) ? Errno.EINVAL : 0);

        SyncReport report = node.put(port("a/bad", "10.96.0.2"))
                .put(port("a/other", "10.96.0.3"))
                .sync();

        assertThat(report.problems()).singleElement().satisfies(p -> {
            assertThat(p.severity()).isEqualTo(Problem.Severity.SKIPPED);
            assertThat(p.object()).hasToString("Service a/bad");
            assertThat(p.message()).contains("NEW_SERVICE 10.96.0.2:80/TCP", "EINVAL");
        });
        assertThat(node.ipvsadm()).contains("10.96.0.1:80", "10.96.0.3:80").doesNotContain("10.96.0.2:80");
        assertThat(node.addresses()).as("not bound, because it is not whole").doesNotContain("10.96.0.2/32");

        assertThat(node.sync().problems()).as("still there").hasSize(1);
        node.ipvs.refuse(c -> 0);
        assertThat(node.sync().problems()).isEmpty();
        assertThat(node.ipvsadm()).contains("-a -t 10.96.0.2:80 -r 10.244.1.7:8080 -m -w 1");
        assertThat(node.addresses()).contains("10.96.0.2/32");
    }

    @Test
    void aFullSetKeepsItsServiceFromGoingLive() throws Exception {
        node.sets.refuse(c -> c.entry().toString().equals("10.96.0.2,tcp:80"));

        SyncReport report = node.put(port("a/bad", "10.96.0.2"))
                .put(port("a/other", "10.96.0.3"))
                .sync();

        assertThat(report.problems())
                .singleElement()
                .satisfies(p -> assertThat(p.message()).contains("element 10.96.0.2,tcp:80 of IP set KUBE-CLUSTER-IP"));
        assertThat(node.addresses()).containsExactly("10.96.0.1/32", "10.96.0.3/32");
        assertThat(node.ipvsadm()).doesNotContain("10.96.0.2");

        node.sets.refuse(c -> false);
        assertThat(node.fullSync().problems()).isEmpty();
        assertThat(node.ipvsadm()).contains("10.96.0.2");
    }

    @Test
    void aRefusedAddressIsReportedAndTriedAgain() throws Exception {
        node.links.refuse(a -> a.equals(IpAddress.of("10.96.0.2")));
        assertThat(node.put(port("a/bad", "10.96.0.2")).sync().problems())
                .singleElement()
                .satisfies(p -> assertThat(p.message()).contains("address 10.96.0.2 on kube-ipvs0"));

        node.links.refuse(a -> false);
        assertThat(node.sync().problems()).isEmpty();
        assertThat(node.addresses()).contains("10.96.0.2/32");
    }

    @Test
    void aProblemGoesWithItsService() throws Exception {
        node.ipvs.refuse(c -> c.virtualServer().equals(BAD) ? Errno.EINVAL : 0);
        node.put(port("a/bad", "10.96.0.2")).sync();
        node.snapshot.remove(port("a/bad", "10.96.0.2").name());
        assertThat(node.sync().problems()).isEmpty();
    }

    @Test
    void whatSomebodyDeletedIsRepairedWithinTheSameSync() throws Exception {
        VirtualServerKey good = new VirtualServerKey(Protocol.TCP, IpAddress.of("10.96.0.1"), 80);
        node.ipvs.apply(List.of(new DeleteVirtualServer(good)));

        SyncReport report = node.put(resolved(
                        ServicePorts.tcp("a/good", "10.96.0.1", 80).build(),
                        remote("10.244.1.7", 8080),
                        remote("10.244.1.8", 8080)))
                .sync();

        assertThat(report.full()).isTrue();
        assertThat(report.problems()).isEmpty();
        assertThat(node.ipvsadm()).isEqualTo("""
            -A -t 10.96.0.1:80 -s rr
            -a -t 10.96.0.1:80 -r 10.244.1.7:8080 -m -w 1
            -a -t 10.96.0.1:80 -r 10.244.1.8:8080 -m -w 1
            """);
    }

    @Test
    void aDestinationThatIsGoneAlreadyIsNoProblem() throws Exception {
        VirtualServerKey key = new VirtualServerKey(Protocol.UDP, IpAddress.of("10.96.0.10"), 53);
        ServicePorts dns = ServicePorts.udp("dns/dns", "10.96.0.10", 53);
        node.put(resolved(dns.build(), remote("10.244.1.7", 53))).sync();
        node.ipvs.apply(List.of(new DeleteRealServer(key, new RealServer(IpAddress.of("10.244.1.7"), 53, 1))));

        assertThat(node.put(resolved(dns.build())).sync().problems()).isEmpty();
        assertThat(node.ipvsadm()).contains("-A -u 10.96.0.10:53 -s rr\n");
    }

    @Test
    void aDeletedDeviceOrSetComesBackWithTheNextChange() throws Exception {
        node.links.deleteLink("kube-ipvs0");
        assertThat(node.put(port("a/other", "10.96.0.3")).sync().full()).isTrue();
        assertThat(node.addresses()).containsExactly("10.96.0.1/32", "10.96.0.3/32");

        node.iptables.flush("nat");
        node.iptables.flush("filter");
        node.iptables.flush("mangle");
        node.sets.destroy("KUBE-CLUSTER-IP");
        assertThat(node.put(port("a/third", "10.96.0.4")).sync().problems()).isEmpty();
        assertThat(node.sets.elements("KUBE-CLUSTER-IP")).hasSize(3);
        assertThat(node.iptables.rules("nat", "KUBE-MARK-MASQ")).hasSize(1);
    }

    @Test
    void aBrokenSocketMakesTheNextSyncAFullOne() throws Exception {
        node.ipvs.breakWith(new NetlinkException("IPVS send", Errno.ENOBUFS, ""));
        node.put(port("a/other", "10.96.0.3"));
        assertThatExceptionOfType(SyncException.class)
                .isThrownBy(node::sync)
                .withMessageContaining("IPVS send: ENOBUFS");

        node.ipvs.breakWith(null);
        assertThat(node.sync().full()).isTrue();
        assertThat(node.ipvsadm()).contains("10.96.0.3:80");
    }

    @Test
    void refusedRulesFailTheSyncButNotTheServices() throws Exception {
        node.iptables.flush("nat");
        node.iptables.failNextRestore("iptables-restore: line 7 failed");
        node.put(port("a/other", "10.96.0.3"));

        assertThatExceptionOfType(SyncException.class)
                .isThrownBy(node::fullSync)
                .withMessageContaining("line 7 failed");
        assertThat(node.addresses()).contains("10.96.0.3/32");

        node.sync();
        assertThat(node.iptables.rules("nat", "KUBE-MARK-MASQ")).hasSize(1);
    }

    @Test
    void withoutRulesNothingGoesLive() {
        TestNode fresh = new TestNode(IpFamily.IPV4).put(port("a/other", "10.96.0.3"));
        fresh.iptables.failNextRestore("iptables-restore: line 7 failed");

        assertThatExceptionOfType(SyncException.class).isThrownBy(fresh::fullSync);

        assertThat(fresh.ipvsadm()).isEmpty();
        assertThat(fresh.addresses()).isEmpty();
    }
}
