// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs;

import dev.sluice.core.config.BackendConfig;
import dev.sluice.core.config.ConfigReader;
import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.conntrack.ConntrackTargets;
import dev.sluice.core.kernel.ForeignWatch;
import dev.sluice.core.kernel.HostException;
import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.mode.ConntrackPolicy;
import dev.sluice.core.mode.ModeConfig;
import dev.sluice.core.mode.ProxyModule;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.sync.ProxyBackend;
import dev.sluice.core.sync.SyncException;
import dev.sluice.core.traffic.TrafficCounters;
import dev.sluice.ipvs.config.IpvsConfig;
import dev.sluice.ipvs.config.IpvsOptions;
import dev.sluice.ipvs.kernel.DummyDevice;
import dev.sluice.ipvs.kernel.KernelHandles;
import dev.sluice.ipvs.rules.IpvsRules;
import dev.sluice.ipvs.traffic.IpvsTrafficCounters;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.host.Host;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** ipvs mode: the kernel's IPVS carries the traffic, and a few rules masquerade, drop and reject. */
public final class IpvsModule implements ProxyModule {
    private static final Logger LOG = LoggerFactory.getLogger(IpvsModule.class);
    private static final String KERNEL_MODULE = "ip_vs";

    private final Host host;
    private final IpvsOptions options;
    private final List<IpvsBackend> backends = new ArrayList<>();
    private @Nullable TrafficCounters traffic;

    /** With the default options. */
    public IpvsModule(Host host) {
        this(host, IpvsOptions.DEFAULT);
    }

    private IpvsModule(Host host, IpvsOptions options) {
        this.host = host;
        this.options = options;
    }

    @Override
    public ProxyMode mode() {
        return ProxyMode.IPVS;
    }

    @Override
    public ModeConfig config() {
        return IpvsOptions.CONFIG;
    }

    @Override
    public ProxyModule configured(ConfigReader values) {
        return new IpvsModule(host, IpvsOptions.read(values));
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
    public List<String> warnings(Set<IpFamily> served) {
        return options.warnings(served);
    }

    @Override
    public List<ProxyBackend> open(List<BackendConfig> configs) throws HostException {
        LOG.info("{}", host.loadKernelModule(KERNEL_MODULE));
        try {
            for (BackendConfig config : configs) {
                backends.add(backend(new IpvsConfig(config, options)));
            }
            traffic = new IpvsTrafficCounters(host.openIpvs(), backends);
            return List.copyOf(backends);
        } catch (KernelException e) {
            throw new HostException(e);
        }
    }

    private IpvsBackend backend(IpvsConfig config) throws KernelException {
        return new IpvsBackend(
                config,
                new KernelHandles(
                        host.openIpvs(),
                        host.openIpSets(),
                        host.openLinks(),
                        host.iptables(config.family()),
                        host.sysctl()),
                host::bootNanos);
    }

    @Override
    public void prepare() throws HostException {
        try {
            for (IpvsBackend backend : backends) {
                backend.prepare();
            }
        } catch (SyncException e) {
            throw new HostException(e);
        }
    }

    /** As in kube-proxy's ipvs mode, node ports are not served on loopback addresses. */
    @Override
    public ConntrackPolicy conntrack(IpFamily family) {
        return new ConntrackPolicy(Set.of(Protocol.UDP, Protocol.SCTP), ConntrackTargets.endpoints(), false);
    }

    @Override
    public Set<String> serviceLinks() {
        return Set.of(DummyDevice.NAME);
    }

    @Override
    public ForeignWatch.Opener watches() throws HostException {
        ForeignWatch.Opener rules = host.watchRules(
                (family, object) -> backends.stream().anyMatch(b -> b.family() == family && b.keepsStateIn(object)));
        return new AddressWatching(rules, host, backends);
    }

    @Override
    public Optional<TrafficCounters> traffic() {
        return Optional.ofNullable(traffic);
    }

    @Override
    public boolean tellsFullFromPartial() {
        return false;
    }

    @Override
    public boolean ownsChain(KernelObject chain) {
        return IpvsRules.owns(chain.kind(), chain.name());
    }

    @Override
    public boolean removeLeftovers(IpFamily family) throws SyncException {
        if (!host.hasKernelModule(KERNEL_MODULE)) {
            return false;
        }
        try (IpvsBackend backend = backend(IpvsConfig.defaults(family))) {
            return backend.removeAllButRules();
        } catch (KernelException e) {
            throw new SyncException(String.valueOf(e.getMessage()), e);
        }
    }

    @Override
    public boolean sharesChain(KernelObject chain) {
        return IpvsRules.sharesChain(chain.kind(), chain.name());
    }

    @Override
    public boolean ownsJump(KernelObject chain, String rule) {
        return IpvsRules.ownsJump(chain.kind(), chain.name(), rule);
    }

    @Override
    public boolean removeUnshared(IpFamily family) throws SyncException {
        if (!host.hasKernelModule(KERNEL_MODULE)) {
            return false;
        }
        try (IpvsBackend backend = backend(IpvsConfig.defaults(family))) {
            return backend.removeUnsharedSets();
        } catch (KernelException e) {
            throw new SyncException(String.valueOf(e.getMessage()), e);
        }
    }

    @Override
    public Optional<String> cannotHaveRun() {
        return host.hasKernelModule(KERNEL_MODULE)
                ? Optional.empty()
                : Optional.of("the kernel module " + KERNEL_MODULE + " is not loaded");
    }

    @Override
    public void close() {
        TrafficCounters open = traffic;
        if (open != null) {
            open.close();
        }
    }
}
