// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs;

import static dev.sluice.testkit.model.Endpoints.remote;
import static dev.sluice.testkit.model.Endpoints.resolved;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.ipvs.rules.KubeSet;
import dev.sluice.ipvs.sync.DriftCheck;
import dev.sluice.linux.Errno;
import dev.sluice.linux.ipset.IpSet;
import dev.sluice.linux.ipset.IpSets.SetChange;
import dev.sluice.linux.ipvs.IpvsCommand.AddRealServer;
import dev.sluice.linux.ipvs.IpvsCommand.AddVirtualServer;
import dev.sluice.linux.ipvs.IpvsCommand.DeleteVirtualServer;
import dev.sluice.linux.ipvs.RealServer;
import dev.sluice.linux.ipvs.VirtualServer;
import dev.sluice.linux.ipvs.VirtualServerKey;
import dev.sluice.testkit.model.ServicePorts;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Another program has a virtual server at the very address, port and protocol of a Service. */
class ForeignServerTest {
    private static final VirtualServerKey HTTP = key("10.96.0.50", 80);

    private final TestNode node = new TestNode(IpFamily.IPV4);

    private static VirtualServerKey key(String address, int port) {
        return new VirtualServerKey(Protocol.TCP, IpAddress.of(address), port);
    }

    private static String foreign(String at) {
        return "-A -t %s -s wlc\n-a -t %s -r 192.0.2.7:80 -m -w 3\n".formatted(at, at);
    }

    private static ResolvedPort http() {
        return port("http", 80);
    }

    private static ResolvedPort https() {
        return port("https", 443);
    }

    private static ResolvedPort port(String name, int number) {
        return resolved(
                ServicePorts.tcp("shop/web:" + name, "10.96.0.50", number).build(),
                remote("10.244.1.7", number + 8000));
    }

    private void make(VirtualServerKey key) throws Exception {
        RealServer server = new RealServer(IpAddress.of("192.0.2.7"), 80, 3);
        assertThat(node.ipvs
                        .apply(List.of(
                                new AddVirtualServer(new VirtualServer(key, "wlc", 0, 0)),
                                new AddRealServer(key, server)))
                        .failures())
                .isEmpty();
    }

    private void flush(KubeSet set) throws Exception {
        IpSet of = set.in(IpFamily.IPV4);
        List<SetChange> all = node.sets.list(of).stream()
                .map(entry -> new SetChange(of, entry, false))
                .toList();
        assertThat(node.sets.apply(all).failures()).isEmpty();
    }

    private static void expectReported(SyncReport report) {
        assertThat(report.problems())
                .singleElement()
                .satisfies(p -> assertThat(p.toString())
                        .contains(
                                "shop/web", "spec.ports[http]", "10.96.0.50:80/TCP", "another program", "ipvsadm -D"));
    }

    private void expectLeftAlone() {
        assertThat(node.ipvsadm())
                .contains(foreign("10.96.0.50:80"))
                .contains("-A -t 10.96.0.50:443 -s rr\n-a -t 10.96.0.50:443 -r 10.244.1.7:8443 -m -w 1\n");
        assertThat(node.addresses()).containsExactly("10.96.0.50/32");
        assertThat(node.sets.elements("KUBE-CLUSTER-IP")).containsExactly("10.96.0.50,tcp:443");
    }

    @Test
    void whatWasThereBeforeTheServiceIsLeftAloneOverAllSyncsAndRestarts() throws Exception {
        node.fullSync();
        make(HTTP);
        expectReported(node.put(http()).put(https()).sync());
        expectLeftAlone();
        expectReported(node.put(http()).sync());
        expectReported(node.fullSync());
        expectLeftAlone();
        node.restart();
        expectReported(node.fullSync());
        expectLeftAlone();
        node.pass(DriftCheck.PERIOD);
        expectReported(node.sync());
        expectLeftAlone();
    }

    @Test
    void whatWasThereBeforeTheFirstStartIsLeftAlone() throws Exception {
        make(HTTP);
        expectReported(node.put(http()).put(https()).fullSync());
        expectLeftAlone();
    }

    @Test
    void anAddressThatServesNothingElseIsNotBound() throws Exception {
        make(HTTP);
        node.put(http()).fullSync();
        assertThat(node.addresses()).isEmpty();
        assertThat(node.sets.elements("KUBE-IPVS-IPS")).isEmpty();
        assertThat(node.sets.elements("KUBE-CLUSTER-IP")).isEmpty();
    }

    @Test
    void onceItIsGoneTheServiceHasItsPlace() throws Exception {
        make(HTTP);
        node.put(http()).put(https()).fullSync();
        node.ipvs.apply(List.of(new DeleteVirtualServer(HTTP)));
        node.pass(DriftCheck.PERIOD);
        SyncReport report = node.sync();
        assertThat(report.problems()).isEmpty();
        assertThat(report.repaired()).isEmpty();
        assertThat(node.ipvsadm())
                .contains("-A -t 10.96.0.50:80 -s rr\n-a -t 10.96.0.50:80 -r 10.244.1.7:8080 -m -w 1\n");
        assertThat(node.sets.elements("KUBE-CLUSTER-IP")).hasSize(2);
    }

    @Test
    void itStaysWhenTheServiceGoes() throws Exception {
        make(HTTP);
        node.put(http()).put(https()).fullSync();
        node.snapshot.remove(http().name());
        assertThat(node.sync().problems()).isEmpty();
        node.fullSync();
        expectLeftAlone();
        node.snapshot.remove(https().name());
        node.sync();
        node.restart();
        node.fullSync();
        assertThat(node.ipvsadm()).isEqualTo(foreign("10.96.0.50:80"));
        node.backend().cleanUp();
        assertThat(node.ipvsadm()).isEqualTo(foreign("10.96.0.50:80"));
    }

    @Test
    void aNodePortThatIsTakenIsServedOnTheOtherAddresses() throws Exception {
        make(key("192.168.7.10", 30080));
        node.put(resolved(
                ServicePorts.tcp("shop/web", "10.96.0.50", 80).nodePort(30080).build(), remote("10.244.1.7", 8080)));
        assertThat(node.fullSync().problems()).hasSize(1);
        assertThat(node.ipvsadm())
                .contains(foreign("192.168.7.10:30080"))
                .contains("-A -t 10.96.0.50:80 -s rr", "-A -t 10.244.0.1:30080 -s rr");
        assertThat(node.sets.elements("KUBE-IPVS-NODE-PORT")).containsExactly("10.244.0.1,tcp:30080");
        assertThat(node.sets.elements("KUBE-NODE-PORT-TCP")).containsExactly("30080");
        make(key("10.244.0.1", 30081));
        make(key("192.168.7.10", 30081));
        node.put(resolved(
                ServicePorts.tcp("shop/api", "10.96.0.51", 80).nodePort(30081).build(), remote("10.244.1.7", 8080)));
        assertThat(node.sync().problems()).hasSize(3);
        assertThat(node.sets.elements("KUBE-NODE-PORT-TCP")).containsExactly("30080");
    }

    @Test
    void ourOwnThatSomebodyRestoresIsOurs() throws Exception {
        node.put(http()).put(https()).fullSync();
        node.ipvs.apply(List.of(new DeleteVirtualServer(HTTP)));
        node.ipvs.refuse(command -> command instanceof AddVirtualServer ? Errno.EINVAL : 0);
        node.pass(DriftCheck.PERIOD);
        assertThat(node.sync().problems()).hasSize(1);
        node.ipvs.refuse(command -> 0);
        make(HTTP); // as an operator's ipvsadm -R does
        assertThat(node.sync().problems()).isEmpty();
        assertThat(node.ipvsadm())
                .contains("-A -t 10.96.0.50:80 -s rr\n-a -t 10.96.0.50:80 -r 10.244.1.7:8080 -m -w 1\n");
    }

    @Test
    void aFlushedSetCostsNoServiceItsVirtualServer() throws Exception {
        node.put(resolved(
                ServicePorts.tcp("shop/web", "10.96.0.50", 80).nodePort(30080).build(), remote("10.244.1.7", 8080)));
        node.fullSync();
        List<String> whole = node.dump();
        flush(KubeSet.NODE_PORT_SERVERS);
        flush(KubeSet.CLUSTER_IP);
        node.restart();
        assertThat(node.fullSync().problems()).isEmpty();
        assertThat(node.dump()).isEqualTo(whole);
    }
}
