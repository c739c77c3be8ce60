// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.contract;

import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.mode.ProxyModule;
import dev.sluice.testkit.fake.FakeHost;

class IdleModuleTest extends BackendContract {
    @Override
    protected ProxyModule module(FakeHost host) {
        return new IdleModule(ProxyMode.IPTABLES);
    }

    @Override
    protected boolean writes() {
        return false;
    }
}
