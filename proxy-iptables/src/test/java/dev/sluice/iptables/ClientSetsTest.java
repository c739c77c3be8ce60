// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables;

import static dev.sluice.testkit.model.Endpoints.remote;
import static dev.sluice.testkit.model.Endpoints.resolved;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.KernelCost;
import dev.sluice.core.sync.Suspects;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.iptables.render.PortChainNames;
import dev.sluice.linux.Errno;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.ipset.IpSet;
import dev.sluice.linux.ipset.IpSets.SetChange;
import dev.sluice.linux.ipset.SetEntry;
import dev.sluice.testkit.model.ServicePorts;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The sets that remember clients: they exist as long as rules name them, with what is in them. */
class ClientSetsTest {
    private static final Endpoint ONE = remote("10.244.1.5", 8080);
    private static final Endpoint TWO = remote("10.244.2.7", 8080);
    private static final String FIRST = set(ONE);
    private static final String SECOND = set(TWO);
    private static final SetEntry CLIENT = new SetEntry.Ip(IpAddress.of("192.0.2.77"));

    private final Node node = Node.v4();

    private static ServicePorts web() {
        return ServicePorts.tcp("shop/web:http", "10.96.0.50", 80);
    }

    private static String set(Endpoint endpoint) {
        return PortChainNames.endpoint(web().build().name(), endpoint);
    }

    private static ResolvedPort sticky(int seconds, Endpoint... endpoints) {
        return resolved(web().affinity(seconds).build(), endpoints);
    }

    @Test
    void noneWithoutAffinity() throws Exception {
        node.snapshot.put(resolved(web().build(), ONE, TWO));
        node.fullSync();
        assertThat(node.sets.names()).isEmpty();
        assertThat(node.tools.inputs()).noneMatch(input -> input.contains("TRIAL"));
    }

    @Test
    void comeWithTheFirstServiceThatNeedsThem() throws Exception {
        node.fullSync();
        node.snapshot.put(sticky(600, ONE, TWO));
        SyncReport report = node.sync();
        assertThat(report.full()).isFalse();
        assertThat(report.problems()).isEmpty();
        assertThat(node.sets.names()).containsExactlyInAnyOrder(FIRST, SECOND);
        assertThat(node.sets.shape(FIRST)).hasValueSatisfying(set -> {
            assertThat(set.type()).isEqualTo(IpSet.Type.HASH_IP);
            assertThat(set.expiring()).isTrue();
        });
        assertThat(node.tools.rules("nat", FIRST)).anyMatch(rule -> rule.contains("-j SET --add-set " + FIRST));
    }

    @Test
    void cost() throws Exception {
        node.snapshot.put(sticky(600, ONE));
        node.fullSync();
        node.sets.resetCounters();
        node.tools.resetCounts();
        node.snapshot.put(sticky(600, ONE, TWO));
        node.sync();
        assertThat(node.sets.creations()).as("only the new endpoint's").isEqualTo(1);
        assertThat(node.tools.restores()).isEqualTo(1);
    }

    @Test
    void goWithTheEndpoint() throws Exception {
        node.snapshot.put(sticky(600, ONE, TWO));
        node.fullSync();
        remember(FIRST, 500);
        node.snapshot.put(sticky(600, ONE));
        node.sync();
        assertThat(node.sets.names()).containsExactly(FIRST);
        assertThat(node.sets.elements(FIRST)).containsExactly("192.0.2.77");
        assertThat(node.backend().nextCheck()).isEmpty();
    }

    @Test
    void goWithTheAffinityAndWithTheService() throws Exception {
        node.snapshot.put(sticky(600, ONE, TWO));
        node.fullSync();
        node.snapshot.put(resolved(web().build(), ONE, TWO));
        node.sync();
        assertThat(node.sets.names()).isEmpty();
        node.snapshot.put(sticky(600, ONE, TWO));
        node.sync();
        node.snapshot.remove(web().build().name());
        node.sync();
        assertThat(node.sets.names()).isEmpty();
    }

    @Test
    void goLaterWhereTheKernelFreesRulesLater() throws Exception {
        node.snapshot.put(sticky(600, ONE, TWO));
        node.fullSync();
        node.tools.byOthers("*nat\n:OTHER - [0:0]\n-A OTHER -m set --match-set " + SECOND + " src -j DROP\nCOMMIT\n");
        node.snapshot.put(sticky(600, ONE));
        node.sync();
        assertThat(node.sets.names()).contains(SECOND);
        assertThat(node.backend().nextCheck()).isPresent();
        node.tools.byOthers("*nat\n-F OTHER\n-X OTHER\nCOMMIT\n");
        node.sync();
        assertThat(node.sets.names()).containsExactly(FIRST);
        assertThat(node.backend().nextCheck()).isEmpty();
    }

    @Test
    void comeBackWithAnEndpointThatWasJustRemoved() throws Exception {
        node.snapshot.put(sticky(600, ONE, TWO));
        node.fullSync();
        node.tools.byOthers("*nat\n:OTHER - [0:0]\n-A OTHER -m set --match-set " + SECOND + " src -j DROP\nCOMMIT\n");
        node.snapshot.put(sticky(600, ONE));
        node.sync();
        node.snapshot.put(sticky(600, ONE, TWO));
        assertThat(node.sync().full()).isFalse();
        node.tools.byOthers("*nat\n-F OTHER\n-X OTHER\nCOMMIT\n");
        node.sync();
        assertThat(node.sets.names()).containsExactlyInAnyOrder(FIRST, SECOND);
    }

    @Test
    void areAdoptedWithTheirClients() throws Exception {
        node.snapshot.put(sticky(600, ONE, TWO));
        node.fullSync();
        remember(FIRST, 500);
        node.restart();
        node.tools.resetCounts();
        assertThat(node.fullSync().cost()).isEqualTo(KernelCost.NONE);
        assertThat(node.tools.restores()).as("nothing is tried out again").isZero();
        assertThat(node.sets.elements(FIRST)).containsExactly("192.0.2.77");
        assertThat(node.sets.names()).containsExactlyInAnyOrder(FIRST, SECOND);
    }

    @Test
    void ofEarlierProcessesAreDestroyed() throws Exception {
        create("KUBE-SEP-AAAABBBBCCCCDDDD", true);
        create("KUBE-6-SEP-AAAABBBBCCCCDDDD", true);
        create("DOCKER-SET", false);
        node.fullSync();
        assertThat(node.sets.names()).containsExactlyInAnyOrder("KUBE-6-SEP-AAAABBBBCCCCDDDD", "DOCKER-SET");
    }

    @Test
    void areRepairedAfterSomebodyDestroyedThem() throws Exception {
        node.snapshot.put(sticky(600, ONE, TWO));
        node.fullSync();
        String before = node.dump("nat");
        node.tools.flush("nat");
        node.sets.destroy(FIRST);
        node.sets.destroy(SECOND);
        node.backend().repair(node.snapshot, Suspects.all());
        assertThat(node.sets.names()).containsExactlyInAnyOrder(FIRST, SECOND);
        assertThat(node.dump("nat")).isEqualTo(before);
    }

    @Test
    void areRepairedWithTheirChains() throws Exception {
        node.snapshot.put(sticky(600, ONE, TWO));
        node.fullSync();
        String before = node.dump("nat");
        String svc = PortChainNames.of(web().build().name()).cluster();
        node.tools.byOthers("*nat\n-F " + svc + "\n-F " + FIRST + "\nCOMMIT\n");
        node.sets.destroy(FIRST);
        node.backend().repairChains(Set.of(new KernelObject("nat", svc), new KernelObject("nat", FIRST)));
        assertThat(node.dump("nat")).isEqualTo(before);
        assertThat(node.sets.names()).containsExactlyInAnyOrder(FIRST, SECOND);
    }

    @Test
    void thatCannotExpireAreReplaced() throws Exception {
        create(FIRST, false);
        node.snapshot.put(sticky(600, ONE));
        assertThat(node.fullSync().problems()).isEmpty();
        assertThat(node.sets.shape(FIRST).orElseThrow().expiring()).isTrue();
    }

    @Test
    void areExchangedWhileRulesNameThem() throws Exception {
        node.snapshot.put(sticky(600, ONE));
        node.fullSync();
        create("OTHER", false);
        node.sets.swap(FIRST, "OTHER");
        assertThat(node.fullSync().problems()).isEmpty();
        assertThat(node.sets.shape(FIRST).orElseThrow().expiring()).isTrue();
        assertThat(node.sets.names()).containsExactlyInAnyOrder(FIRST, "OTHER");
    }

    @Test
    void aBrokenSocketChangesNothing() throws Exception {
        node.snapshot.put(sticky(600, ONE, TWO));
        node.fullSync();
        String before = node.dump("nat");
        node.sets.breakWith(new NetlinkException("IPSET LIST headers", Errno.ENOBUFS, ""));
        assertThatThrownBy(node::fullSync).hasMessageContaining("IPSET LIST headers");
        assertThat(node.dump("nat")).isEqualTo(before);
        node.sets.breakWith(null);
        assertThat(node.fullSync().problems()).isEmpty();
    }

    @Test
    void followAnEditOfTheTimeout() throws Exception {
        node.snapshot.put(sticky(600, ONE, TWO));
        node.fullSync();
        remember(FIRST, 500);
        remember(SECOND, 10);
        node.snapshot.put(sticky(300, ONE, TWO));
        node.sync();
        assertThat(times(FIRST)).as("idle for 100 seconds").isEqualTo(Map.of(CLIENT, 200));
        assertThat(times(SECOND)).as("idle for 590 seconds").isEmpty();

        node.restart();
        node.snapshot.put(sticky(900, ONE, TWO));
        node.fullSync();
        assertThat(times(FIRST)).isEqualTo(Map.of(CLIENT, 800));
    }

    @Test
    void cleanUpDestroysThoseOfTheFamily() throws Exception {
        create("KUBE-6-SEP-AAAABBBBCCCCDDDD", true);
        node.snapshot.put(sticky(600, ONE, TWO));
        node.fullSync();
        node.restart();
        node.backend().cleanUp();
        assertThat(node.sets.names()).containsExactly("KUBE-6-SEP-AAAABBBBCCCCDDDD");
    }

    private void create(String name, boolean expiring) throws NetlinkException {
        node.sets.create(new IpSet(name, IpSet.Type.HASH_IP, IpFamily.IPV4, 1000, 64, expiring));
    }

    private void remember(String set, int seconds) throws NetlinkException {
        IpSet shape = node.sets.shape(set).orElseThrow();
        assertThat(node.sets
                        .apply(List.of(new SetChange(shape, CLIENT, true, seconds)))
                        .failures())
                .isEmpty();
    }

    private Map<SetEntry, Integer> times(String set) throws NetlinkException {
        return node.sets.listTimes(node.sets.shape(set).orElseThrow());
    }
}
