// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.contract;

import dev.sluice.core.config.BackendConfig;
import dev.sluice.core.kernel.HostException;
import dev.sluice.core.mode.ProxyModule;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.ProxyBackend;
import dev.sluice.testkit.fake.FakeHost;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A process in one mode and family, as the daemon opens it, on a host of fakes. */
final class ModeOnHost extends BackendOnHost<ProxyBackend> {
    private final Function<FakeHost, ProxyModule> modes;
    private @Nullable ProxyModule module;

    ModeOnHost(IpFamily family, FakeHost host, Function<FakeHost, ProxyModule> modes, IpAddress node) {
        super(host, family, node);
        this.modes = modes;
    }

    @Override
    protected ProxyBackend start() {
        ProxyModule fresh = modes.apply(host);
        module = fresh;
        try {
            fresh.requireHost();
            List<ProxyBackend> backends = fresh.open(List.of(BackendConfig.defaults(family)));
            fresh.prepare();
            return backends.getFirst();
        } catch (HostException e) {
            throw new IllegalStateException(e);
        }
    }

    ProxyModule module() {
        backend();
        return Objects.requireNonNull(module);
    }

    @Override
    public void close() {
        super.close();
        if (module != null) {
            module.close();
            module = null;
        }
    }
}
