// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables;

import dev.sluice.core.mode.ProxyModule;
import dev.sluice.testkit.contract.BackendContract;
import dev.sluice.testkit.fake.FakeHost;
import java.util.List;

class NftablesContractTest extends BackendContract {
    @Override
    protected ProxyModule module(FakeHost host) {
        return new NftablesModule(host);
    }

    /** Numbers of pools, members and kinds depend on a table's history, and so do the kinds that nothing uses. */
    @Override
    protected List<String> comparable(List<String> dump) {
        return NamedNumbers.in(dump);
    }
}
