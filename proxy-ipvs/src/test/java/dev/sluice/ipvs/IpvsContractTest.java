// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs;

import dev.sluice.core.mode.ProxyModule;
import dev.sluice.testkit.contract.BackendContract;
import dev.sluice.testkit.fake.FakeHost;

class IpvsContractTest extends BackendContract {
    @Override
    protected ProxyModule module(FakeHost host) {
        return new IpvsModule(host);
    }
}
