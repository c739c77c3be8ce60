// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.config.BackendConfig;
import dev.sluice.core.mode.ModeMetric.FamilyCounter;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.Changes;
import dev.sluice.core.sync.ProxyBackend;
import dev.sluice.linux.nftables.NftCommand.DeleteChain;
import dev.sluice.testkit.fake.FakeHost;
import dev.sluice.testkit.model.EditableSnapshot;
import dev.sluice.testkit.model.SamplePorts;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** kube-proxy's counters of what the kernel refused. */
class NftablesMetricsTest {
    private final FakeHost host = FakeHost.withNode();
    private final NftablesModule module = new NftablesModule(host);

    private List<Long> values(String name) {
        return module.metrics().stream()
                .filter(metric -> metric.name().equals("kubeproxy_sync_proxy_rules_nftables_" + name))
                .flatMap(metric -> Stream.of(IpFamily.values())
                        .map(family -> Objects.requireNonNull(
                                        ((FamilyCounter) metric).values().get(family))
                                .getAsLong()))
                .toList();
    }

    @Test
    void countsRefusedTransactionsByFamily() throws Exception {
        List<ProxyBackend> backends = module.open(
                Stream.of(IpFamily.values()).map(BackendConfig::defaults).toList());
        EditableSnapshot snapshot = new EditableSnapshot(IpFamily.IPV6);
        snapshot.put(new SamplePorts(IpFamily.IPV6).plain(1, 3));
        ProxyBackend backend = backends.getLast();
        backend.sync(snapshot, Changes.all());
        assertThat(values("sync_failures_total")).containsExactly(0L, 0L);

        host.nftables().refuse(DeleteChain.class::isInstance);
        snapshot.put(new SamplePorts(IpFamily.IPV6).plain(1, 2));
        backend.sync(snapshot, Changes.all());
        assertThat(values("cleanup_failures_total")).containsExactly(0L, 1L);
        assertThat(values("sync_failures_total")).containsExactly(0L, 0L);

        host.nftables().refuse(command -> false);
        snapshot.put(new SamplePorts(IpFamily.IPV6).plain(2, 2));
        host.refuse(
                new SamplePorts(IpFamily.IPV6).plain(2, 2).service().addresses().clusterIp());
        backend.sync(snapshot, Changes.all());
        assertThat(values("sync_failures_total")).containsExactly(0L, 1L);
    }
}
