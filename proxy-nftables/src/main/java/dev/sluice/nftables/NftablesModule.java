// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables;

import dev.sluice.core.config.BackendConfig;
import dev.sluice.core.config.ConfigReader;
import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.conntrack.ConntrackTargets;
import dev.sluice.core.kernel.ForeignWatch;
import dev.sluice.core.kernel.HostException;
import dev.sluice.core.mode.ConntrackPolicy;
import dev.sluice.core.mode.ModeConfig;
import dev.sluice.core.mode.ModeMetric;
import dev.sluice.core.mode.ProxyModule;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.sync.ProxyBackend;
import dev.sluice.core.sync.SyncException;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.host.Host;
import dev.sluice.linux.nftables.NftCommand;
import dev.sluice.linux.nftables.NftCommand.Table;
import dev.sluice.linux.nftables.Nftables;
import dev.sluice.nftables.config.NftablesConfig;
import dev.sluice.nftables.config.NftablesOptions;
import dev.sluice.nftables.layout.TableLayout;
import dev.sluice.nftables.sync.SyncFailures;
import dev.sluice.nftables.trial.KernelTrial;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;

/** nftables mode: the kernel's nf_tables carry the traffic. It needs no program on the host. */
public final class NftablesModule implements ProxyModule {
    private final Host host;
    private final NftablesOptions options;
    private final List<Nftables> tables = new ArrayList<>();
    private final Map<IpFamily, SyncFailures> failures = new EnumMap<>(IpFamily.class);

    /** With the default options. */
    public NftablesModule(Host host) {
        this(host, NftablesOptions.DEFAULT);
    }

    private NftablesModule(Host host, NftablesOptions options) {
        this.host = host;
        this.options = options;
    }

    @Override
    public ProxyMode mode() {
        return ProxyMode.NFTABLES;
    }

    @Override
    public ModeConfig config() {
        return NftablesOptions.CONFIG;
    }

    @Override
    public ProxyModule configured(ConfigReader values) {
        return new NftablesModule(host, NftablesOptions.read(values));
    }

    @Override
    public void requireHost() throws HostException {
        try (Nftables nftables = host.openNftables()) {
            nftables.exists(table(IpFamily.IPV4));
        } catch (NetlinkException e) {
            throw new HostException(KernelTrial.explain(e), e);
        } catch (KernelException e) {
            throw new HostException(e);
        }
    }

    private static Table table(IpFamily family) {
        return new Table(family, TableLayout.TABLE);
    }

    /** Tries all that it writes, in a table of its own. */
    @Override
    public Optional<String> problem(IpFamily family) {
        TableLayout layout = new TableLayout(new NftablesConfig(BackendConfig.defaults(family), options));
        try (Nftables nftables = host.openNftables()) {
            return new KernelTrial(nftables, layout).problem();
        } catch (KernelException e) {
            return Optional.of("nf_tables cannot be reached: " + e.getMessage());
        }
    }

    @Override
    public List<ProxyBackend> open(List<BackendConfig> configs) throws HostException {
        List<ProxyBackend> backends = new ArrayList<>();
        try {
            for (BackendConfig config : configs) {
                Nftables nftables = host.openNftables();
                tables.add(nftables);
                NftablesBackend backend =
                        new NftablesBackend(new NftablesConfig(config, options), nftables, host.openLinks());
                backends.add(backend);
                failures.put(config.family(), backend.failures());
            }
            return backends;
        } catch (KernelException e) {
            backends.forEach(ProxyBackend::close);
            throw new HostException(e);
        }
    }

    @Override
    public ConntrackPolicy conntrack(IpFamily family) {
        return new ConntrackPolicy(
                Set.of(Protocol.UDP, Protocol.SCTP), ConntrackTargets.endpoints(), options.localhostNodePorts());
    }

    @Override
    public boolean servesPrimaryNodePorts() {
        return true;
    }

    @Override
    public boolean usesServiceRanges() {
        return true;
    }

    @Override
    public ForeignWatch.Opener watches() {
        return host.watchNftables(TableLayout.TABLE, tables);
    }

    /** Under kube-proxy's names. */
    @Override
    public List<ModeMetric> metrics() {
        Map<IpFamily, LongSupplier> transactions = new EnumMap<>(IpFamily.class);
        Map<IpFamily, LongSupplier> cleanUps = new EnumMap<>(IpFamily.class);
        failures.forEach((family, counts) -> {
            transactions.put(family, counts::transactions);
            cleanUps.put(family, counts::cleanUps);
        });
        return List.of(
                new ModeMetric.FamilyCounter(
                        "kubeproxy_sync_proxy_rules_nftables_sync_failures_total",
                        "Transactions that the kernel did not carry out",
                        transactions),
                new ModeMetric.FamilyCounter(
                        "kubeproxy_sync_proxy_rules_nftables_cleanup_failures_total",
                        "Stale chains that the kernel did not let go yet",
                        cleanUps));
    }

    @Override
    public boolean removeLeftovers(IpFamily family) throws SyncException {
        Nftables opened;
        try {
            opened = host.openNftables();
        } catch (KernelException e) {
            // no nf_tables, no table
            return false;
        }
        try (Nftables nftables = opened) {
            boolean found = nftables.exists(table(family));
            if (found) {
                nftables.commit(List.of(new NftCommand.DeleteTable(table(family))));
            }
            return found;
        } catch (KernelException e) {
            throw new SyncException("clean-up of nftables mode, " + family + ": " + e.getMessage(), e);
        }
    }

    /** kube-proxy's tables have another name, so that nothing is shared. */
    @Override
    public boolean removeUnshared(IpFamily family) throws SyncException {
        return removeLeftovers(family);
    }

    /** The backends close what they use. */
    @Override
    public void close() {}
}
