// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.config.ConfigReader;
import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.mode.ProxyModule;
import dev.sluice.testkit.fake.FakeHost;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProxyAssemblyTest {
    private final FakeHost host = new FakeHost();
    private final List<ProxyModule> modules = ProxyAssembly.modules(host);

    @Test
    void thereIsAModuleForEachMode() {
        assertThat(modules).extracting(ProxyModule::mode).containsExactly(ProxyMode.values());
    }

    @Test
    void makingAndConfiguringModulesAsksNothingOfTheHost() {
        for (ProxyModule module : modules) {
            ProxyModule configured =
                    module.configured(ConfigReader.ofDefaults(module.config().flags()));
            assertThat(configured.mode()).isEqualTo(module.mode());
        }
        assertThat(host.requests()).isEmpty();
    }
}
