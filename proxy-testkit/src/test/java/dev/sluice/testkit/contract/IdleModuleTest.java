// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.contract;

import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.mode.ProxyModule;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.fake.FakeHost;

class IdleModuleTest extends BackendContract {
    @Override
    protected ProxyModule module(FakeHost host) {
        return new IdleModule(ProxyMode.IPTABLES);
    }

    /** A mode that requests no iptables tools runs where they are missing. */
    @Override
    protected FakeHost host(IpFamily family) {
        return super.host(family).withoutIptables();
    }

    @Override
    protected boolean writes() {
        return false;
    }
}
