package dev.sluice.daemon;

import dev.sluice.core.config.BackendConfig;
import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.flows.FlowTargets;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.ProxyBackend;
import dev.sluice.core.sync.SyncException;
import dev.sluice.core.sync.Ticker;
import dev.sluice.core.traffic.TrafficCounters;
import dev.sluice.daemon.config.ConfigException;
import dev.sluice.daemon.flows.FlowCleaning;
import dev.sluice.daemon.flows.FlowListener;
import dev.sluice.daemon.repair.Repair;
import dev.sluice.daemon.repair.RuleRepair;
import dev.sluice.daemon.repair.RuleWatching;
import dev.sluice.iptables.IptablesBackend;
import dev.sluice.ipvs.IpvsBackend;
import dev.sluice.ipvs.traffic.IpvsTrafficCounters;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.conntrack.NetlinkConntrack;
import dev.sluice.linux.ipset.NetlinkIpSets;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.linux.iptables.IptablesTools;
import dev.sluice.linux.ipvs.NetlinkIpvs;
import dev.sluice.linux.nfacct.NamedCounters;
import dev.sluice.linux.nfacct.NetlinkCounters;
import dev.sluice.linux.process.Modprobe;
import dev.sluice.linux.process.SystemCommands;
import dev.sluice.linux.route.LinkChange;
import dev.sluice.linux.route.NetlinkLinks;
import dev.sluice.linux.rulewatch.OwnRestores;
import dev.sluice.linux.sysctl.Sysctl;
import dev.sluice.userspace.UserspaceBackend;
import dev.sluice.userspace.engine.EngineCounters;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Puts a mode together with the kernel: the only class that knows every room. */
final class ProxyAssembly implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ProxyAssembly.class);

    private final ProxyMode mode;
    private final Sysctl sysctl;
    private final OwnRestores restores = new OwnRestores();
    private final SystemCommands commands = new SystemCommands(restores);
    private final IptablesTools tools;
    private final List<ProxyBackend> backends = new ArrayList<>();
    private final List<IptablesBackend> iptablesBackends = new ArrayList<>();
    private final List<IpvsBackend> ipvsBackends = new ArrayList<>();
    private final UserspaceMode userspace = new UserspaceMode();
    private final FlowListener flows;
    private final Consumer<IpFamily> refusals;
    private @Nullable NamedCounters ruleCounters;
    private @Nullable RuleWatching watching;
    private @Nullable TrafficCounters traffic;

    /** @throws ConfigException when this host has no iptables tools, which every mode needs */
    ProxyAssembly(ProxyMode mode, Sysctl sysctl, FlowListener flows) throws ConfigException {
        this(mode, sysctl, flows, family -> {});
    }

    /**
     * As above.
     *
     * @param refusals hears of each restore of iptables rules that is refused
     */
    ProxyAssembly(ProxyMode mode, Sysctl sysctl, FlowListener flows, Consumer<IpFamily> refusals)
            throws ConfigException {
        this.mode = mode;
        this.refusals = refusals;
        this.sysctl = sysctl;
        this.flows = flows;
        try {
            tools = IptablesTools.discover(commands, Optional.empty());
        } catch (KernelException e) {
            throw new ConfigException(List.of(e.getMessage()));
        }
    }

    /** Why the iptables tools of {@code family} do not work; empty when they do. */
    Optional<String> iptablesProblem(IpFamily family) {
        IptablesTools.Support support = tools.supported(family);
        return support.available() ? Optional.empty() : Optional.of(support.reason());
    }

    /**
     * Opens a backend for each of {@code configs}.
     *
     * @throws ConfigException when the kernel lacks what the mode needs
     */
    void open(List<BackendConfig> configs) throws ConfigException {
        log.info("iptables {}, {} variant", tools.version(), tools.variant());
        try {
            if (mode == ProxyMode.IPVS) {
                log.info("{}", new Modprobe(commands).load("ip_vs").text());
            }
            for (BackendConfig config : configs) {
                backends.add(backend(config, new CountedRestores(tools.open(config.family()), refusals)));
            }
            traffic = traffic(mode);
        } catch (KernelException e) {
            throw new ConfigException(List.of("mode " + mode.flagValue() + " cannot start: " + e.getMessage()));
        }
    }

    private @Nullable TrafficCounters traffic(ProxyMode chosen) throws KernelException {
        return switch (chosen) {
            case IPTABLES -> null;
            case IPVS -> new IpvsTrafficCounters(NetlinkIpvs.open(), ipvsBackends);
            case USERSPACE -> userspace.traffic();
        };
    }

    /**
     * Sets up of the kernel what the mode needs before its first sync.
     *
     * @throws ConfigException when the kernel cannot do it, e.g. has no such IPVS scheduler
     */
    void prepare() throws ConfigException {
        for (IpvsBackend ipvs : ipvsBackends) {
            try {
                ipvs.prepare();
            } catch (SyncException e) {
                throw new ConfigException(List.of("mode ipvs cannot start: " + e.getMessage()));
            }
        }
    }

    /** {@code --init-only}: besides {@link #prepare}, what a first sync would set once its rules are in force. */
    void prepareBeforeRules() throws SyncException {
        for (IptablesBackend iptables : iptablesBackends) {
            iptables.prepare();
        }
    }

    private ProxyBackend backend(BackendConfig config, Iptables iptables) throws KernelException {
        return switch (mode) {
            case IPTABLES -> {
                IptablesBackend backend =
                        new IptablesBackend(config, iptables, sysctl, NetlinkLinks.open(), ruleCounters());
                iptablesBackends.add(backend);
                yield cleaning(config, backend, FlowTargets.endpoints());
            }
            case IPVS -> {
                IpvsBackend ipvs = new IpvsBackend(
                        config, NetlinkIpvs.open(), NetlinkIpSets.open(), NetlinkLinks.open(), iptables, sysctl);
                ipvsBackends.add(ipvs);
                yield cleaning(config, ipvs, FlowTargets.endpoints());
            }
            case USERSPACE -> {
                UserspaceBackend backend = userspace.open(config, iptables);
                yield cleaning(config, backend, backend::flowEnds);
            }
        };
    }

    private ProxyBackend cleaning(BackendConfig config, ProxyBackend backend, FlowTargets targets)
            throws KernelException {
        return new FlowCleaning(backend, config, targets, NetlinkConntrack.open(), NetlinkLinks.open(), flows);
    }

    private NamedCounters ruleCounters() throws KernelException {
        NamedCounters present = ruleCounters;
        if (present == null) {
            present = NetlinkCounters.open();
            ruleCounters = present;
        }
        return present;
    }

    /** What the rules count into; empty in modes whose rules count nothing. */
    Optional<NamedCounters> countedByRules() {
        return Optional.ofNullable(ruleCounters);
    }

    /** What the userspace proxy has carried; empty in the other modes. */
    Optional<EngineCounters> counters() {
        return userspace.counters();
    }

    /** What Services have carried; empty in the modes that cannot tell. */
    Optional<TrafficCounters> traffic() {
        return Optional.ofNullable(traffic);
    }

    List<ProxyBackend> backends() {
        return List.copyOf(backends);
    }

    /** Has rules mended that others change; {@code listeners} hear of it. */
    RuleRepair repair(List<Repair.Listener> listeners) {
        Map<IpFamily, Predicate<LinkChange>> links = new EnumMap<>(IpFamily.class);
        ipvsBackends.forEach(ipvs -> links.put(ipvs.family(), ipvs::isConcernedBy));
        RuleWatching opened = RuleWatching.open(tools.variant(), restores, links);
        watching = opened;
        return new RuleRepair(backends, restores, opened, listeners, Ticker.system());
    }

    /** In userspace mode, open connections may go on for the drain time; the kernel's modes keep what is in force. */
    @Override
    public void close() {
        userspace.drain();
        backends.forEach(ProxyBackend::close);
        countedByRules().ifPresent(NamedCounters::close);
        RuleWatching opened = watching;
        if (opened != null) {
            opened.close();
        }
        traffic().ifPresent(TrafficCounters::close);
    }

    /** What proxies have left behind on this node. */
    Leftovers leftovers() {
        return new Leftovers(mode, tools, sysctl);
    }

    /** Another process in userspace mode has new connections led to itself. */
    void retire() {
        userspace.retire();
    }
}
