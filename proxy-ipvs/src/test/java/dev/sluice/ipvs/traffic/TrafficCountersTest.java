// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.traffic;

import static dev.sluice.testkit.model.Endpoints.remote;
import static dev.sluice.testkit.model.Endpoints.resolved;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.net.SocketAddress;
import dev.sluice.core.traffic.EndpointTraffic;
import dev.sluice.core.traffic.PortTraffic;
import dev.sluice.core.traffic.TrafficException;
import dev.sluice.core.traffic.TrafficTotals;
import dev.sluice.ipvs.TestNode;
import dev.sluice.linux.Errno;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.ipvs.IpvsCommand;
import dev.sluice.linux.ipvs.IpvsStats;
import dev.sluice.linux.ipvs.VirtualServer;
import dev.sluice.linux.ipvs.VirtualServerKey;
import dev.sluice.testkit.model.ServicePorts;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TrafficCountersTest {
    private static final SocketAddress POD = new SocketAddress(IpAddress.of("10.244.1.7"), 8080);
    private static final VirtualServerKey CLUSTER = key("10.96.0.1", 80);
    private static final VirtualServerKey EXTERNAL = key("203.0.113.1", 80);

    private final TestNode node = new TestNode(IpFamily.IPV4);
    private final IpvsTrafficCounters counters = node.counters();

    @BeforeEach
    void services() throws Exception {
        node.put(web("203.0.113.1"));
        node.put(resolved(ServicePorts.tcp("shop/api", "10.96.0.2", 80).build(), remote("10.244.1.9", 8080)));
        node.fullSync();
    }

    @Test
    void theAddressesOfAServicePortAreSummed() throws Exception {
        node.ipvs.carried(CLUSTER, stats(5));
        node.ipvs.carried(EXTERNAL, stats(2));
        node.ipvs.connections(CLUSTER, POD, 3, 1);
        node.ipvs.connections(EXTERNAL, POD, 1, 4);

        PortTraffic web = read("web");

        assertThat(web.family()).isEqualTo(IpFamily.IPV4);
        assertThat(web.carried()).isEqualTo(new TrafficTotals(7, 70, 63, 7000, 6300));
        assertThat(web.endpoints()).containsExactly(new EndpointTraffic(IpAddress.of("10.244.1.7"), 8080, 1, 4, 5));
        assertThat(read("api").carried()).isEqualTo(TrafficTotals.NONE);
    }

    @Test
    void aReadTakesThreeListingsAtMostWhateverTheNumberOfServices() throws Exception {
        node.resetCounters();
        counters.read();
        assertThat(node.ipvs.dumps()).isEqualTo(2);
        assertThat(node.ipvs.log()).isEmpty();
    }

    @Test
    void aVirtualServerThatGoesAndComesBackTakesNothingAway() throws Exception {
        node.ipvs.carried(CLUSTER, stats(5));
        node.ipvs.carried(EXTERNAL, stats(20));
        read("web");
        node.put(web());
        node.sync();
        assertThat(read("web").carried().connections()).isEqualTo(25);

        node.put(web("203.0.113.1"));
        node.sync();
        node.ipvs.carried(EXTERNAL, stats(30));
        assertThat(read("web").carried().connections()).isEqualTo(55);
    }

    @Test
    void countersThatSomebodyResetGoOn() throws Exception {
        node.ipvs.carried(CLUSTER, stats(9));
        read("web");
        node.ipvs.carried(CLUSTER, stats(2));
        assertThat(read("web").carried().connections()).isEqualTo(11);

        node.ipvs.flush();
        assertThat(read("web").carried().connections()).isEqualTo(11);
        assertThat(read("web").endpoints()).isEmpty();
        node.fullSync();
        node.ipvs.carried(CLUSTER, stats(4));
        assertThat(read("web").carried().connections()).isEqualTo(15);
    }

    @Test
    void aServiceThatWasDeletedIsForgotten() throws Exception {
        node.ipvs.carried(CLUSTER, stats(9));
        read("web");
        node.snapshot.remove(web().name());
        node.sync();
        assertThat(counters.read()).noneMatch(p -> p.port().service().name().equals("web"));

        node.put(web());
        node.sync();
        node.ipvs.carried(CLUSTER, stats(1));
        assertThat(read("web").carried().connections()).isEqualTo(1);
    }

    @Test
    void virtualServersOfOthersAreNotShown() throws Exception {
        VirtualServerKey foreign = key("192.0.2.1", 80);
        node.ipvs.apply(List.of(new IpvsCommand.AddVirtualServer(new VirtualServer(foreign, "rr", 0, 0))));
        node.ipvs.carried(foreign, stats(100));
        assertThat(counters.read()).hasSize(2).allMatch(p -> p.carried().equals(TrafficTotals.NONE));
    }

    @Test
    void aKernelThatDoesNotAnswerIsToldOf() {
        node.ipvs.breakWith(new NetlinkException("IPVS GET_SERVICE", Errno.ENOMEM, ""));
        assertThatThrownBy(counters::read)
                .isInstanceOf(TrafficException.class)
                .hasMessageContaining("IPVS GET_SERVICE");
    }

    private PortTraffic read(String service) throws TrafficException {
        return counters.read().stream()
                .filter(p -> p.port().service().name().equals(service))
                .findFirst()
                .orElseThrow();
    }

    private static ResolvedPort web(String... externalIps) {
        return resolved(
                ServicePorts.tcp("shop/web", "10.96.0.1", 80)
                        .externalIps(externalIps)
                        .build(),
                remote("10.244.1.7", 8080));
    }

    private static IpvsStats stats(long connections) {
        return new IpvsStats(
                connections, 10 * connections, 9 * connections, 1000 * connections, 900 * connections, 0, 0, 0, 0, 0);
    }

    private static VirtualServerKey key(String address, int port) {
        return new VirtualServerKey(Protocol.TCP, IpAddress.of(address), port);
    }
}
