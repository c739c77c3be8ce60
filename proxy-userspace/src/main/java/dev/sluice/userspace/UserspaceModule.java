// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace;

import dev.sluice.core.config.BackendConfig;
import dev.sluice.core.config.ConfigReader;
import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.conntrack.ConntrackTargets;
import dev.sluice.core.kernel.ForeignWatch;
import dev.sluice.core.kernel.HostException;
import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.mode.ConntrackPolicy;
import dev.sluice.core.mode.Handover;
import dev.sluice.core.mode.ModeConfig;
import dev.sluice.core.mode.ModeMetric;
import dev.sluice.core.mode.ProxyModule;
import dev.sluice.core.mode.ServiceNotice;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.sync.ProxyBackend;
import dev.sluice.core.sync.SyncException;
import dev.sluice.core.traffic.TrafficCounters;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.host.Host;
import dev.sluice.linux.ipset.IpSets;
import dev.sluice.linux.route.Links;
import dev.sluice.linux.route.PolicyRoutes;
import dev.sluice.linux.socket.ResourceLimits;
import dev.sluice.userspace.apply.ClientSources;
import dev.sluice.userspace.apply.PlanExecutor;
import dev.sluice.userspace.config.ProxyMark;
import dev.sluice.userspace.config.UserspaceConfig;
import dev.sluice.userspace.config.UserspaceOptions;
import dev.sluice.userspace.engine.EngineOptions;
import dev.sluice.userspace.engine.UserspaceEngine;
import dev.sluice.userspace.rules.RedirectRules;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Userspace mode: this process carries the traffic in its own event loops, to which a few rules and sets redirect it.
 */
public final class UserspaceModule implements ProxyModule {
    private static final Logger LOG = LoggerFactory.getLogger(UserspaceModule.class);

    /** The kernel's default maximum (fs.nr_open). */
    private static final long OPEN_FILES = 1 << 20;

    private static final long FEW_OPEN_FILES = 1024;

    private final Host host;
    private final UserspaceOptions options;
    private final List<UserspaceBackend> backends = new ArrayList<>();
    private final List<IpSets> sets = new ArrayList<>();
    private final List<Links> links = new ArrayList<>();
    private final List<PolicyRoutes> routes = new ArrayList<>();
    private @Nullable UserspaceEngine engine;
    private @Nullable EngineDrain drain;

    /** With the default options. */
    public UserspaceModule(Host host) {
        this(host, UserspaceOptions.DEFAULT);
    }

    private UserspaceModule(Host host, UserspaceOptions options) {
        this.host = host;
        this.options = options;
    }

    @Override
    public ProxyMode mode() {
        return ProxyMode.USERSPACE;
    }

    @Override
    public ModeConfig config() {
        return UserspaceOptions.CONFIG;
    }

    @Override
    public ProxyModule configured(ConfigReader values) {
        return new UserspaceModule(host, UserspaceOptions.read(values));
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
        UserspaceEngine started = new UserspaceEngine(
                EngineOptions.of(options).withSocketMark(ProxyMark.sent()).withinOpenFiles(openFiles()));
        engine = started;
        try {
            for (BackendConfig config : configs) {
                IpSets ownSets = host.openIpSets();
                sets.add(ownSets);
                Links ownLinks = host.openLinks();
                links.add(ownLinks);
                PolicyRoutes ownRoutes = host.openPolicyRoutes();
                routes.add(ownRoutes);
                backends.add(new UserspaceBackend(
                        new UserspaceConfig(config, options),
                        started,
                        host.iptables(config.family()),
                        ownSets,
                        ownLinks,
                        ownRoutes,
                        host.sysctl()));
            }
        } catch (KernelException e) {
            throw new HostException(e);
        }
        drain = new EngineDrain(started, backends);
        return List.copyOf(backends);
    }

    @Override
    public void initOnly() {
        backends.forEach(UserspaceBackend::prepare);
    }

    /** Raises the limit of open files as far as possible, and returns it. */
    private static long openFiles() {
        try {
            long limit = ResourceLimits.raiseOpenFiles(OPEN_FILES);
            LOG.atInfo().addKeyValue("files", limit).log("room for open files");
            return limit;
        } catch (NetlinkException e) {
            LOG.atWarn()
                    .addKeyValue("files", FEW_OPEN_FILES)
                    .addKeyValue("cause", e.getMessage())
                    .log("room for few open files is assumed");
            return FEW_OPEN_FILES;
        }
    }

    /** Entries lead to the sockets of this process; it does not carry SCTP. */
    @Override
    public ConntrackPolicy conntrack(IpFamily family) {
        ConntrackTargets sockets = backends.stream()
                .filter(backend -> backend.family() == family)
                .findFirst()
                .<ConntrackTargets>map(backend -> backend::conntrackTargets)
                .orElseThrow(() -> new IllegalStateException(family + " is not open"));
        return new ConntrackPolicy(Set.of(Protocol.UDP), sockets, options.localhostNodePorts(), ProxyMark.MASK);
    }

    @Override
    public ForeignWatch.Opener watches() throws HostException {
        return host.watchRules(
                (family, object) -> backends.stream().anyMatch(b -> b.family() == family && b.keepsStateIn(object)));
    }

    @Override
    public Optional<TrafficCounters> traffic() {
        return Optional.of(new UserspaceTrafficCounters(backends));
    }

    @Override
    public List<ModeMetric> metrics() {
        UserspaceEngine running = engine;
        return running == null ? List.of() : EngineMetrics.of(running.counters());
    }

    @Override
    public void reportTo(Consumer<ServiceNotice> notices) {
        UserspaceEngine running = engine;
        if (running != null) {
            running.reportTo(
                    (balancer, upstream, outage) -> notices.accept(EndpointEvents.notice(balancer, upstream, outage)));
        }
    }

    @Override
    public Optional<Handover> handover() {
        return Optional.ofNullable(drain);
    }

    @Override
    public void drain() {
        EngineDrain running = drain;
        if (running != null) {
            running.drain();
        }
    }

    @Override
    public boolean ownsChain(KernelObject chain) {
        return RedirectRules.owns(chain.name());
    }

    @Override
    public boolean removeLeftovers(IpFamily family) throws SyncException {
        try (IpSets present = host.openIpSets();
                PolicyRoutes ownRoutes = host.openPolicyRoutes()) {
            boolean any = ClientSources.removeRoutes(ownRoutes, family);
            return PlanExecutor.removeSets(present, family) || any;
        } catch (KernelException e) {
            throw new SyncException(String.valueOf(e.getMessage()), e);
        }
    }

    @Override
    public void close() {
        UserspaceEngine running = engine;
        if (running != null) {
            running.close();
        }
        sets.forEach(IpSets::close);
        links.forEach(Links::close);
        routes.forEach(PolicyRoutes::close);
    }
}
