// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.config;

import dev.sluice.core.config.ConfigSchema;
import dev.sluice.core.mode.ProxyModule;
import dev.sluice.daemon.ProxyAssembly;
import dev.sluice.testkit.fake.FakeHost;
import java.util.List;

/** The modules of all modes on a fake host, and the configuration with them. */
public final class KnownModes {
    public static final List<ProxyModule> MODULES = ProxyAssembly.modules(new FakeHost());

    public static final ConfigSchema SCHEMA =
            KubeProxyFields.with(MODULES.stream().map(ProxyModule::config).toList());

    private KnownModes() {}
}
