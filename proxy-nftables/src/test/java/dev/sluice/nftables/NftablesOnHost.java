// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables;

import dev.sluice.core.config.BackendConfig;
import dev.sluice.core.kernel.ForeignChange;
import dev.sluice.core.kernel.ForeignWatch;
import dev.sluice.core.kernel.HostException;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.ProxyBackend;
import dev.sluice.core.sync.Suspects;
import dev.sluice.core.sync.SyncException;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.linux.nftables.NftCommand;
import dev.sluice.linux.nftables.NftCommand.Table;
import dev.sluice.testkit.contract.BackendOnHost;
import dev.sluice.testkit.fake.FakeHost;
import dev.sluice.testkit.fake.FakeNftables;
import dev.sluice.testkit.lab.LabAddresses;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;

/** A process in nftables mode on a host of fakes. */
final class NftablesOnHost extends BackendOnHost<ProxyBackend> {
    final Table table;
    final FakeNftables nftables;

    NftablesOnHost(IpFamily family) {
        super(
                FakeHost.withNode(LabAddresses.of(LabAddresses.NODE_A, family)),
                family,
                LabAddresses.of(LabAddresses.NODE_A, family));
        table = new Table(family, "sluice");
        nftables = host.nftables();
    }

    @Override
    protected ProxyBackend start() {
        try {
            return new NftablesModule(host)
                    .open(List.of(BackendConfig.defaults(family)))
                    .getFirst();
        } catch (HostException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Another program carries out {@code commands}, and what the watch says of it is repaired. */
    SyncReport repairAfter(NftCommand... commands) throws SyncException {
        AtomicReference<Suspects> noticed = new AtomicReference<>(Suspects.of(Set.of()));
        try (ForeignWatch _ = nftables.watch("sluice").open(change -> noticed.set(suspects(change)))) {
            nftables.byOthers(List.of(commands));
            nftables.resetCounters();
            return backend().repair(snapshot, noticed.get());
        } catch (HostException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Suspects suspects(ForeignChange change) {
        return change.everything() ? Suspects.all() : Suspects.of(change.objects());
    }
}
