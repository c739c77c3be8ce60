// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.contract;

import dev.sluice.core.config.BackendConfig;
import dev.sluice.core.config.ConfigReader;
import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.config.SyncPeriodFields;
import dev.sluice.core.conntrack.ConntrackTargets;
import dev.sluice.core.kernel.ForeignChange;
import dev.sluice.core.kernel.ForeignWatch;
import dev.sluice.core.mode.ConntrackPolicy;
import dev.sluice.core.mode.ModeConfig;
import dev.sluice.core.mode.ProxyModule;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.ProxyBackend;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The smallest mode: it implements the whole module interface and programs nothing. Its backends answer {@code explain}
 * from the ports of the last sync.
 */
public final class IdleModule implements ProxyModule {
    private static final ModeConfig CONFIG =
            new ModeConfig(List.of(), SyncPeriodFields.of("idle", Duration.ZERO, SyncPeriodFields.Full.HOURLY));

    private final ProxyMode mode;

    /** @param mode the mode that it stands in for */
    public IdleModule(ProxyMode mode) {
        this.mode = mode;
    }

    @Override
    public ProxyMode mode() {
        return mode;
    }

    @Override
    public ModeConfig config() {
        return CONFIG;
    }

    @Override
    public ProxyModule configured(ConfigReader values) {
        return this;
    }

    @Override
    public void requireHost() {}

    @Override
    public Optional<String> problem(IpFamily family) {
        return Optional.empty();
    }

    @Override
    public List<ProxyBackend> open(List<BackendConfig> configs) {
        return configs.stream()
                .<ProxyBackend>map(config -> new IdleBackend(mode, config.family()))
                .toList();
    }

    /** This mode owns no conntrack entries. */
    @Override
    public ConntrackPolicy conntrack(IpFamily family) {
        return new ConntrackPolicy(Set.of(), ConntrackTargets.endpoints(), false);
    }

    @Override
    public ForeignWatch.Opener watches() {
        return new Nothing();
    }

    @Override
    public boolean removeLeftovers(IpFamily family) {
        return false;
    }

    @Override
    public void close() {}

    /** A watch that reports nothing. */
    private record Nothing() implements ForeignWatch.Opener, ForeignWatch {
        @Override
        public ForeignWatch open(Consumer<ForeignChange> noticed) {
            return this;
        }

        @Override
        public String means() {
            return "nothing";
        }

        @Override
        public boolean missedNothing() {
            return true;
        }

        @Override
        public void close() {}
    }
}
