// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables;

import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.mode.ProxyModule;
import dev.sluice.iptables.render.DispatchRoot;
import dev.sluice.iptables.render.SharedChains;
import dev.sluice.testkit.contract.BackendContract;
import dev.sluice.testkit.fake.FakeHost;
import java.util.List;

class IptablesContractTest extends BackendContract {
    @Override
    protected ProxyModule module(FakeHost host) {
        return new IptablesModule(host);
    }

    /**
     * The order of rules in dispatch chains means nothing; {@code KUBE-FIREWALL} is the kubelet's as well and stays.
     */
    @Override
    protected List<String> comparable(List<String> dump) {
        List<String> own = dump.stream()
                .filter(line -> !line.contains(SharedChains.FIREWALL))
                .toList();
        return unordered(own, IptablesContractTest::isDispatch);
    }

    private static boolean isDispatch(KernelObject chain) {
        return DispatchRoot.find(chain.kind(), chain.name()).isPresent()
                || chain.name().matches("KUBE-SVC-.*[/-].*")
                || DispatchRoot.isFilterBranch(chain.name());
    }
}
