// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables;

import static dev.sluice.testkit.model.Endpoints.remote;
import static dev.sluice.testkit.model.Endpoints.resolved;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.iptables.render.PortChainNames;
import dev.sluice.linux.Errno;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.ipset.SetEntry;
import dev.sluice.testkit.model.ServicePorts;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The lists of the {@code recent} match, where sets cannot remember clients. */
class ClientListsTest {
    private static final Endpoint ONE = remote("10.244.1.5", 8080);
    private static final Endpoint TWO = remote("10.244.2.7", 8080);
    private static final String FIRST = PortChainNames.endpoint(web().build().name(), ONE);
    private static final String SECOND = PortChainNames.endpoint(web().build().name(), TWO);
    private static final SetEntry CLIENT = new SetEntry.Ip(IpAddress.of("192.0.2.77"));

    private final Node node = Node.v4();

    private static ServicePorts web() {
        return ServicePorts.tcp("shop/web:http", "10.96.0.50", 80);
    }

    private static ResolvedPort sticky(int seconds, Endpoint... endpoints) {
        return resolved(web().affinity(seconds).build(), endpoints);
    }

    @Test
    void rememberThePortWhoseSetIsRefused() throws Exception {
        ServicePorts other =
                ServicePorts.tcp("shop/other:http", "10.96.0.51", 80).affinity(600);
        node.snapshot.put(sticky(600, ONE)).put(resolved(other.build(), ONE));
        node.sets.refuseToCreate(set -> set.name().equals(FIRST));
        SyncReport report = node.fullSync();
        assertThat(report.problems()).singleElement().satisfies(problem -> {
            assertThat(problem.severity()).isEqualTo(Problem.Severity.IGNORED);
            assertThat(problem).hasToString("Service shop/web: spec.sessionAffinity: " + problem.message());
            assertThat(problem.message()).startsWith("holds for the last 100 clients of each endpoint only: ");
        });
        assertThat(node.tools.rules("nat", FIRST)).anyMatch(rule -> rule.contains("-m recent --set"));
        assertThat(node.dump("nat")).contains("--add-set");
        node.sets.refuseToCreate(set -> false);
        assertThat(node.fullSync().problems()).isEmpty();
        assertThat(node.dump("nat")).doesNotContain("-m recent");
    }

    @Test
    void rememberWhereTheKernelHasNoSets() throws Exception {
        node.noSets = new NetlinkException("IPSET PROTOCOL", Errno.EOPNOTSUPP, "");
        node.fullSync();
        node.snapshot.put(sticky(600, ONE, TWO));
        assertThat(node.sync().problems())
                .singleElement()
                .satisfies(problem -> assertThat(problem.message()).contains("100 clients", "IPSET PROTOCOL"));
        assertThat(node.tools.rules("nat", FIRST)).anyMatch(rule -> rule.contains("-m recent --set"));
        node.snapshot.put(resolved(web().build(), ONE, TWO));
        assertThat(node.sync().problems()).isEmpty();
    }

    @Test
    void rememberWhereRulesCannotUseSets() throws Exception {
        node.fullSync();
        node.tools.refuse(rule -> rule.contains("-add-set "));
        node.snapshot.put(sticky(600, ONE, TWO));
        SyncReport report = node.sync();
        assertThat(report.problems())
                .singleElement()
                .satisfies(problem -> assertThat(problem.message()).contains("xt_set"));
        assertThat(node.sets.names()).isEmpty();
        assertThat(node.tools.rules("nat", FIRST)).anyMatch(rule -> rule.contains("-m recent --set"));
        assertThat(node.tools.inForce("nat").has("KUBE-SEP-TRIAL")).isFalse();
    }

    @Test
    void rememberWhereTheToolsMayNotLookUpSets() throws Exception {
        node.tools.denySetLookup();
        node.snapshot.put(sticky(600, ONE, TWO));
        assertThat(node.fullSync().problems())
                .singleElement()
                .satisfies(problem -> assertThat(problem.message()).contains("100 clients", "CAP_NET_RAW"));
        assertThat(node.tools.rules("nat", FIRST)).anyMatch(rule -> rule.contains("-m recent --set"));
    }

    @Test
    void handOverTheirClientsToSets() throws Exception {
        node.noSets = new NetlinkException("IPSET PROTOCOL", Errno.EOPNOTSUPP, "");
        node.snapshot.put(sticky(600, ONE, TWO));
        node.fullSync();
        assertThat(node.dump("nat")).contains("-m recent");
        node.recent.put(FIRST, List.of(IpAddress.of("192.0.2.77"), IpAddress.of("fd00::1")));
        node.noSets = null;
        node.restart();
        node.fullSync();
        assertThat(node.sets.listTimes(node.sets.shape(FIRST).orElseThrow())).isEqualTo(Map.of(CLIENT, 600));
        assertThat(node.sets.elements(SECOND)).isEmpty();
        assertThat(node.dump("nat")).doesNotContain("-m recent");
    }
}
