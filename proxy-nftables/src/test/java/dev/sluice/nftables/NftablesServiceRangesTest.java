// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables;

import static dev.sluice.testkit.model.Endpoints.local;
import static dev.sluice.testkit.model.Endpoints.resolved;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.sync.Changes;
import dev.sluice.core.sync.SyncException;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.core.trace.Packet;
import dev.sluice.core.trace.Packet.Origin;
import dev.sluice.core.trace.Trace.Verdict;
import dev.sluice.testkit.model.ServicePorts;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What comes of packets to cluster addresses that no Service has. */
class NftablesServiceRangesTest {
    private static IpAddress address(IpFamily family, int last) {
        return IpAddress.of(family == IpFamily.IPV4 ? "10.96.0." + last : "fd00:96::" + last);
    }

    private static Verdict verdict(NftablesOnHost node, Protocol protocol, IpAddress to) {
        IpAddress pod = IpAddress.of(node.family == IpFamily.IPV4 ? "10.244.1.2" : "fd00:244:1::2");
        return node.backend()
                .explain(new Packet(protocol, pod, 40_000, to, 80, Origin.ARRIVING, "eth0"))
                .verdict();
    }

    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void unusedAddressesOfRangesAreDroppedAndNothingElse(IpFamily family) throws SyncException {
        NftablesOnHost node = new NftablesOnHost(family);
        node.snapshot.put(resolved(
                ServicePorts.tcp("shop/web", address(family, 50).toString(), 80).build(),
                local(family == IpFamily.IPV4 ? "10.244.1.5" : "fd00:244:1::5", 8080)));
        node.backend().sync(node.snapshot, Changes.all());
        assertThat(verdict(node, Protocol.TCP, address(family, 51))).isEqualTo(Verdict.NOT_A_SERVICE);

        boolean v4 = family == IpFamily.IPV4;
        node.snapshot.withServiceRanges(
                Cidr.of(v4 ? "10.96.0.0/24" : "fd00:96::/112"), Cidr.of(v4 ? "10.96.0.0/28" : "fd00:96::/120"));
        SyncReport report = node.backend().sync(node.snapshot, node.snapshot.changes());

        assertThat(report.full()).as("other ranges are not a change of ports").isTrue();
        for (Protocol protocol : Protocol.values()) {
            assertThat(verdict(node, protocol, address(family, 51))).isEqualTo(Verdict.DROP);
        }
        assertThat(verdict(node, Protocol.TCP, address(family, 50))).isEqualTo(Verdict.FORWARD);
        assertThat(verdict(node, Protocol.UDP, address(family, 50)))
                .as("a port that the Service does not have")
                .isEqualTo(Verdict.REJECT);
        IpAddress outside = IpAddress.of(v4 ? "10.96.1.1" : "fd00:96::1:1");
        assertThat(verdict(node, Protocol.TCP, outside)).isEqualTo(Verdict.NOT_A_SERVICE);

        assertThat(node.backend().sync(node.snapshot, Changes.all()).cost().messages())
                .as("read back as written")
                .isZero();
        node.snapshot.withServiceRanges();
        node.backend().sync(node.snapshot, Changes.all());
        assertThat(verdict(node, Protocol.TCP, address(family, 51))).isEqualTo(Verdict.NOT_A_SERVICE);
    }
}
