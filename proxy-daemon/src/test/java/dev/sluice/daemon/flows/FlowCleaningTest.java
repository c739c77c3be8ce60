package dev.sluice.daemon.flows;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.ServicePort;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.sync.Changes;
import dev.sluice.core.sync.KernelCost;
import dev.sluice.core.sync.ProxyBackend;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.linux.conntrack.Conntrack;
import dev.sluice.linux.conntrack.Conntrack.Flow;
import dev.sluice.linux.conntrack.Conntrack.Tuple;
import dev.sluice.testkit.fake.FakeLinks;
import dev.sluice.testkit.model.EditableSnapshot;
import dev.sluice.testkit.model.Endpoints;
import dev.sluice.testkit.model.ServicePorts;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FlowCleaningTest {
    private static final String VIP = "10.96.0.10";
    private static final Endpoint A = Endpoints.local("10.244.1.2", 5353);
    private static final Endpoint B = Endpoints.remote("10.244.2.2", 5353);

    private final ServicePort dns =
            ServicePorts.udp("kube-system/dns", VIP, 53).nodePort(30053).build();
    private final EditableSnapshot snapshot = new EditableSnapshot(IpFamily.IPV4);
    private final Table table = new Table();
    private final ProxyBackend mode = mock(ProxyBackend.class);
    private final FakeLinks links = new FakeLinks().device("eth0", "veth").address("eth0", "192.168.10.1", 24);
    private final List<Integer> cleanings = new ArrayList<>();
    private final FlowCleaning cleaning =
            new FlowCleaning(mode, table, links, (_, deleted, _) -> cleanings.add(deleted));

    @BeforeEach
    void aModeThatAlwaysSucceeds() throws Exception {
        when(mode.family()).thenReturn(IpFamily.IPV4);
        when(mode.sync(any(), any())).thenReturn(new SyncReport(true, KernelCost.NONE, List.of(), Map.of()));
    }

    @Test
    void aFlowToAnEndpointThatIsGoneIsForgotten() throws Exception {
        Flow toA = flow(VIP, 53, "10.244.1.2", 5353);
        Flow toB = flow(VIP, 53, "10.244.2.2", 5353);
        table.flows.addAll(List.of(toA, toB));
        sync(Changes.all(), A, B);
        assertThat(table.flows)
                .as("a start with nothing changed touches no flow")
                .containsExactly(toA, toB);
        sync(null, B);
        assertThat(table.flows).containsExactly(toB);
        assertThat(cleanings).containsExactly(0, 1);
    }

    @Test
    void aFlowThatBeganBeforeTheServiceExistedIsForgotten() throws Exception {
        table.flows.add(flow(VIP, 53, VIP, 53));
        sync(null, A);
        assertThat(table.flows).isEmpty();
    }

    @Test
    void anEndpointThatTerminatesButStillAnswersKeepsItsFlows() throws Exception {
        table.flows.add(flow(VIP, 53, "10.244.2.3", 5353));
        sync(null, A, Endpoints.remoteTerminating("10.244.2.3", 5353));
        assertThat(table.flows).hasSize(1);
    }

    @Test
    void theFlowsOfAServiceThatIsScaledToZeroAreForgotten() throws Exception {
        sync(null, A);
        table.flows.add(flow(VIP, 53, "10.244.1.2", 5353));
        sync(null);
        assertThat(table.flows).isEmpty();
    }

    @Test
    void theFlowsOfADeletedServiceAreForgottenButNotThoseThatNeverWereTranslated() throws Exception {
        sync(null, A);
        Flow direct = flow(VIP, 53, VIP, 53);
        table.flows.addAll(List.of(flow(VIP, 53, "10.244.1.2", 5353), direct));
        snapshot.remove(dns.name());
        cleaning.sync(snapshot, snapshot.changes());
        assertThat(table.flows).containsExactly(direct);
    }

    @Test
    void aNodePortCountsOnlyOnThisNodesAddresses() throws Exception {
        Flow elsewhere = flow("198.51.100.9", 30053, "198.51.100.9", 30053);
        table.flows.addAll(List.of(elsewhere, flow("192.168.10.1", 30053, "10.244.9.9", 5353)));
        sync(null, A);
        assertThat(table.flows).containsExactly(elsewhere);
    }

    @Test
    void theTableIsNotReadWhenNoUdpPortChanged() throws Exception {
        ServicePort web = ServicePorts.tcp("shop/web", "10.96.0.50", 80).build();
        snapshot.put(Endpoints.resolved(web, A));
        cleaning.sync(snapshot, snapshot.changes());
        assertThat(table.dumps).isZero();
    }

    @Test
    void aFullSyncThatFindsNothingNewDoesNotReadTheTable() throws Exception {
        sync(Changes.all(), A);
        sync(Changes.all(), A);
        assertThat(table.dumps).isEqualTo(1);
    }

    private void sync(@Nullable Changes changes, Endpoint... endpoints) throws Exception {
        snapshot.put(Endpoints.resolved(dns, endpoints));
        Changes touched = snapshot.changes();
        cleaning.sync(snapshot, changes == null ? touched : changes);
    }

    private static Flow flow(String destination, int port, String reached, int reachedPort) {
        IpAddress client = IpAddress.of("10.244.1.9");
        return new Flow(
                IpFamily.IPV4,
                Protocol.UDP,
                new Tuple(client, 40000, IpAddress.of(destination), port),
                new Tuple(IpAddress.of(reached), reachedPort, client, 40000),
                0,
                0);
    }

    /** A table that holds what the test puts in. */
    private static final class Table implements Conntrack {
        final List<Flow> flows = new ArrayList<>();
        int dumps;

        @Override
        public List<Flow> list(IpFamily family, Protocol protocol) {
            dumps++;
            return flows.stream()
                    .filter(f -> f.family() == family && f.protocol() == protocol)
                    .toList();
        }

        @Override
        public int delete(List<Flow> unwanted) {
            int before = flows.size();
            flows.removeAll(unwanted);
            return before - flows.size();
        }

        @Override
        public void close() {}
    }
}
