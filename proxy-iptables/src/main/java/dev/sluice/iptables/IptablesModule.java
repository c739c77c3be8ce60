// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables;

import dev.sluice.core.config.BackendConfig;
import dev.sluice.core.config.ConfigReader;
import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.conntrack.ConntrackTargets;
import dev.sluice.core.kernel.ForeignWatch;
import dev.sluice.core.kernel.HostException;
import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.mode.ConntrackPolicy;
import dev.sluice.core.mode.ModeConfig;
import dev.sluice.core.mode.ModeMetric;
import dev.sluice.core.mode.ProxyModule;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.sync.ProxyBackend;
import dev.sluice.core.sync.SyncException;
import dev.sluice.iptables.affinity.ClientSetRemoval;
import dev.sluice.iptables.affinity.HostSets;
import dev.sluice.iptables.config.IptablesConfig;
import dev.sluice.iptables.config.IptablesOptions;
import dev.sluice.iptables.render.ChainOwnership;
import dev.sluice.iptables.render.PacketCounter;
import dev.sluice.iptables.render.SharedRules;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.host.Host;
import dev.sluice.linux.nfacct.NamedCounters;
import dev.sluice.linux.route.Links;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** iptables mode: the kernel carries the traffic by rules alone. */
public final class IptablesModule implements ProxyModule {
    private static final Logger LOG = LoggerFactory.getLogger(IptablesModule.class);

    private final Host host;
    private final IptablesOptions options;
    private final List<IptablesBackend> backends = new ArrayList<>();
    private final List<Links> links = new ArrayList<>();
    private final HostSets sets;
    private @Nullable NamedCounters counters;

    /** A module with the default options. */
    public IptablesModule(Host host) {
        this(host, IptablesOptions.DEFAULT);
    }

    private IptablesModule(Host host, IptablesOptions options) {
        this.host = host;
        this.options = options;
        this.sets = new HostSets(host::openIpSets, host::recentSources);
    }

    @Override
    public ProxyMode mode() {
        return ProxyMode.IPTABLES;
    }

    @Override
    public ModeConfig config() {
        return IptablesOptions.CONFIG;
    }

    @Override
    public ProxyModule configured(ConfigReader values) {
        return new IptablesModule(host, IptablesOptions.read(values));
    }

    @Override
    public void requireHost() throws HostException {
        host.requireIptables();
    }

    @Override
    public Optional<String> problem(IpFamily family) {
        return host.iptablesProblem(family);
    }

    @Override
    public List<ProxyBackend> open(List<BackendConfig> configs) throws HostException {
        try {
            NamedCounters ofRules = host.openCounters();
            counters = ofRules;
            for (BackendConfig config : configs) {
                Links own = host.openLinks();
                links.add(own);
                backends.add(new IptablesBackend(
                        new IptablesConfig(config, options),
                        host.iptables(config.family()),
                        host.sysctl(),
                        own,
                        ofRules,
                        sets));
            }
            return List.copyOf(backends);
        } catch (KernelException e) {
            throw new HostException(e);
        }
    }

    /** Sets the kernel parameters that a sync sets after it has written its rules. */
    @Override
    public void initOnly() throws HostException {
        try {
            for (IptablesBackend backend : backends) {
                backend.prepare();
            }
        } catch (SyncException e) {
            throw new HostException(e);
        }
    }

    @Override
    public ConntrackPolicy conntrack(IpFamily family) {
        return new ConntrackPolicy(
                Set.of(Protocol.UDP, Protocol.SCTP),
                ConntrackTargets.endpoints(),
                options.localhostNodePorts() && family == IpFamily.IPV4);
    }

    @Override
    public ForeignWatch.Opener watches() throws HostException {
        return host.watchRules(
                (family, object) -> backends.stream().anyMatch(b -> b.family() == family && b.keepsStateIn(object)));
    }

    /**
     * The counters of rules, under kube-proxy's names. They outlive the process, so they do not begin at 0.
     */
    @Override
    public List<ModeMetric> metrics() {
        return List.of(
                new ModeMetric.Counter(
                        "kubeproxy_iptables_ct_state_invalid_dropped_packets_total",
                        "Packets that conntrack calls invalid, dropped on the way through the node",
                        () -> packets(PacketCounter.INVALID_DROPPED)),
                new ModeMetric.Counter(
                        "kubeproxy_iptables_localhost_nodeports_accepted_packets_total",
                        "First packets of connections to node ports on 127.0.0.1",
                        () -> packets(PacketCounter.LOCALHOST_ACCEPTED)));
    }

    private OptionalLong packets(PacketCounter counter) {
        NamedCounters open = counters;
        if (open == null) {
            return OptionalLong.empty();
        }
        try {
            return open.supported()
                    ? open.read(counter.label())
                            .map(count -> OptionalLong.of(count.packets()))
                            .orElse(OptionalLong.empty())
                    : OptionalLong.empty();
        } catch (NetlinkException e) {
            LOG.atWarn()
                    .addKeyValue("counter", counter.label())
                    .addKeyValue("cause", e.getMessage())
                    .log("A counter has no value");
            return OptionalLong.empty();
        }
    }

    @Override
    public boolean ownsChain(KernelObject chain) {
        return ChainOwnership.ownsChain(chain.kind(), chain.name());
    }

    /** Beside chains this mode leaves the sets that remember clients. */
    @Override
    public boolean removeLeftovers(IpFamily family) throws SyncException {
        try (HostSets present = new HostSets(host::openIpSets)) {
            return ClientSetRemoval.run(present, family);
        } catch (KernelException e) {
            throw new SyncException(String.valueOf(e.getMessage()), e);
        }
    }

    @Override
    public boolean sharesChain(KernelObject chain) {
        return ChainOwnership.sharesChain(chain.kind(), chain.name());
    }

    @Override
    public boolean ownsJump(KernelObject chain, String rule) {
        return SharedRules.ownsJump(chain.kind(), chain.name(), rule);
    }

    /** kube-proxy has no sets in its mode. */
    @Override
    public boolean removeUnshared(IpFamily family) throws SyncException {
        return removeLeftovers(family);
    }

    @Override
    public void close() {
        links.forEach(Links::close);
        sets.close();
        NamedCounters open = counters;
        if (open != null) {
            open.close();
        }
    }
}
