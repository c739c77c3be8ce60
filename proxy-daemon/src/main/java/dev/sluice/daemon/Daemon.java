package dev.sluice.daemon;

import dev.sluice.core.config.BackendConfig;
import dev.sluice.core.kernel.HostException;
import dev.sluice.core.mode.Handover;
import dev.sluice.core.mode.ProxyModule;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.source.ClusterSource;
import dev.sluice.core.source.NodeObject;
import dev.sluice.core.sync.ProxyBackend;
import dev.sluice.core.sync.SyncException;
import dev.sluice.core.sync.SyncLoop;
import dev.sluice.core.sync.SyncObserver;
import dev.sluice.core.sync.Ticker;
import dev.sluice.core.track.ChangeTracker;
import dev.sluice.daemon.addresses.NodeAddressWatch;
import dev.sluice.daemon.config.ConfigException;
import dev.sluice.daemon.config.EffectiveConfig;
import dev.sluice.daemon.config.Settings;
import dev.sluice.daemon.config.Settings.DetectLocalMode;
import dev.sluice.daemon.events.ProblemEvents;
import dev.sluice.daemon.events.RepairEvents;
import dev.sluice.daemon.explain.ExplainPage;
import dev.sluice.daemon.health.HealthObserver;
import dev.sluice.daemon.health.HealthState;
import dev.sluice.daemon.health.port.OwnAddresses;
import dev.sluice.daemon.health.port.ServiceHealthPorts;
import dev.sluice.daemon.metrics.MetricsPage;
import dev.sluice.daemon.metrics.TrafficLimits;
import dev.sluice.daemon.repair.RuleRepair;
import dev.sluice.daemon.start.BackendConfigs;
import dev.sluice.daemon.start.ConfigWatch;
import dev.sluice.daemon.start.ConntrackSysctls;
import dev.sluice.daemon.start.DaemonPages;
import dev.sluice.daemon.start.FamilySupport;
import dev.sluice.daemon.start.NodeFirst;
import dev.sluice.daemon.start.NodeName;
import dev.sluice.daemon.start.OomScore;
import dev.sluice.daemon.start.PodCidrWatch;
import dev.sluice.daemon.start.Privileges;
import dev.sluice.kubernetes.EventSink;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.host.LinuxHost;
import dev.sluice.linux.route.NetlinkLinks;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The daemon from its start to its end. It starts in kube-proxy's order: checks, node, kernel parameters, backends, servers,
 * sync loop. It ends by a signal, and leaves what is in force in the kernel, so that traffic flows on without it.
 */
final class Daemon {
    private static final Logger LOG = LoggerFactory.getLogger(Daemon.class);
    private static final Path CONNTRACK_HASH_SIZE = Path.of("/sys/module/nf_conntrack/parameters/hashsize");
    private static final Duration NODE_PATIENCE = Duration.ofSeconds(30);
    private static final Duration POD_CIDR_PATIENCE = Duration.ofMinutes(5);

    private final Settings settings;
    private final EffectiveConfig effective;
    private final Optional<Path> configFile;
    private final LinuxHost host;
    private final List<ProxyModule> modules;
    private final InstantSource clock = InstantSource.system();
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private final List<AutoCloseable> alone = new CopyOnWriteArrayList<>();
    private volatile int exitCode;

    /**
     * Not started yet.
     *
     * @param configFile the file that {@code settings} came from, to be watched
     * @param modules of every mode
     */
    Daemon(
            Settings settings,
            EffectiveConfig effective,
            Optional<Path> configFile,
            LinuxHost host,
            List<ProxyModule> modules) {
        this.host = host;
        this.modules = List.copyOf(modules);
        this.settings = settings;
        this.effective = effective;
        this.configFile = configFile;
    }

    /** Runs until a signal ends the process (exit code 0), or what it was started with has changed (1). */
    int run() throws ConfigException {
        return attempt(() -> {
            start();
            Runtime.getRuntime().addShutdownHook(new Thread(this::close, "sluice-shutdown"));
            stopped.await();
        });
    }

    /** {@code --init-only}: everything of a start that takes more rights than running does, and nothing else. */
    int initialise() throws ConfigException {
        return attempt(() -> {
            Prepared prepared = prepare();
            prepared.mode().module().initOnly();
            LOG.info("the kernel parameters are set, for {}; no rule was written", prepared.families());
            close();
        });
    }

    private interface Work {
        void run() throws ConfigException, HostException, SyncException, InterruptedException;
    }

    private int attempt(Work work) throws ConfigException {
        try {
            work.run();
            return exitCode;
        } catch (HostException | SyncException e) {
            close();
            throw new ConfigException(List.of(e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            close();
            return 1;
        } catch (ConfigException | RuntimeException e) {
            close();
            throw e;
        }
    }

    /** Ends the process so that its supervisor starts it anew; what is in force stays. */
    private void restart(String reason) {
        LOG.error("{}; ending, to be started again with that", reason);
        exitCode = 1;
        // not on the sync thread, which close() waits for
        Thread.ofPlatform().name("sluice-end").start(this::close);
    }

    /** What a start has found out and made ready, before any rule is written. */
    private record Prepared(
            String nodeName,
            MetricsPage metrics,
            ModeInUse mode,
            ClusterConnection cluster,
            NodeFirst nodeFirst,
            Optional<NodeObject> node,
            Set<IpFamily> families,
            List<BackendConfig> configs) {}

    private Prepared prepare() throws ConfigException, HostException, SyncException, InterruptedException {
        Optional<String> missing = Privileges.missing();
        if (missing.isPresent()) {
            throw new ConfigException(List.of(missing.get()));
        }
        String nodeName = NodeName.of(settings.hostnameOverride());
        ProxyModule module = settings.module();
        MetricsPage metrics = new MetricsPage(module.tellsFullFromPartial(), clock);
        host.onRefusedRestore(metrics.refusals());
        module.requireHost();
        ModeInUse mode = keep(new ModeInUse(module, host));
        ClusterConnection cluster = keep(ClusterConnection.open(settings, nodeName));
        OomScore.set(settings.oomScoreAdj());
        new ConntrackSysctls(
                        host.sysctl(), CONNTRACK_HASH_SIZE, Runtime.getRuntime().availableProcessors())
                .apply(settings.conntrack());
        NodeFirst nodeFirst = new NodeFirst();
        ClusterSource source = cluster.source();
        source.start(nodeFirst);
        Optional<NodeObject> node = awaitNode(nodeFirst, nodeName);
        BackendConfigs wanted = new BackendConfigs(settings, node);
        Set<IpFamily> families = new FamilySupport(host.sysctl(), module::problem).served(wanted.primaryFamily());
        List<BackendConfig> configs = wanted.of(families);
        mode.open(configs, serviceLinks(), metrics.flows());
        return new Prepared(nodeName, metrics, mode, cluster, nodeFirst, node, families, configs);
    }

    private void start() throws ConfigException, HostException, SyncException, InterruptedException {
        watchConfigFile();
        Prepared prepared = prepare();
        ClusterConnection cluster = prepared.cluster();
        Set<IpFamily> families = prepared.families();
        MetricsPage metrics = prepared.metrics();
        HealthState health =
                new HealthState(clock, settings.syncPeriods().retry().multipliedBy(2), families);
        if (settings.manifests().isPresent()) {
            health.nodeIsOptional();
        }
        ProxyModule module = prepared.mode().module();
        metrics.ofMode(module.metrics());
        module.traffic().ifPresent(traffic -> metrics.traffic(traffic, TrafficLimits.fromSystem()));
        ServiceHealthPorts healthPorts = keepAlone(healthPorts(prepared.configs(), health, cluster.events()));
        RuleRepair repair = new RuleRepair(
                families,
                host.restores(),
                module.watches(),
                List.of(metrics.repairs(), new RepairEvents(cluster.events())),
                Ticker.system());
        List<SyncObserver> observers = new ArrayList<>(List.of(
                new HealthObserver(health),
                metrics.observer(),
                healthPorts,
                new ProblemEvents(cluster.events()),
                new Takeover(families, new LeftoverRemoval(module, modules, host)::remove),
                repair,
                new Lifeline(families)));
        if (settings.detectLocal().mode() == DetectLocalMode.NODE_CIDR) {
            List<String> ranges = prepared.node().map(NodeObject::podCidrs).orElse(List.of());
            observers.add(new PodCidrWatch(ranges, this::restart));
        }
        Optional<Succession> succession =
                module.handover().map(handover -> new Succession(handover.name(), families, () -> retire(handover)));
        succession.ifPresent(observers::add);
        SyncLoop loop = keep(new SyncLoop(
                tracker(prepared.nodeName(), families),
                prepared.mode().backends(),
                settings.syncPeriods(),
                new Observers(observers)));
        keep(repair).use(loop::repair);
        watchAddresses(prepared.mode().backends(), loop);
        succession.ifPresent(this::keep);
        succession.ifPresent(s -> s.begin(loop));
        DaemonPages served = new DaemonPages(settings, cluster.events(), this::keepAlone);
        served.serveHealth(health, metrics);
        served.serveMetrics(
                metrics, effective, new ExplainPage(loop, prepared.mode().backends()));
        loop.start();
        if (prepared.node().isEmpty()) {
            loop.proceedWithoutNode();
        }
        prepared.nodeFirst().release(loop);
        cluster.events().node(EventSink.Type.NORMAL, "Starting", "StartKubeProxy", "");
        LOG.info("node {}, {}, cluster state from {}", prepared.nodeName(), families, cluster.description());
    }

    private ChangeTracker tracker(String nodeName, Set<IpFamily> families) {
        ChangeTracker tracker = new ChangeTracker(nodeName, families, clock);
        return settings.featureGates().externalIps() ? tracker : tracker.withoutExternalIps();
    }

    private void watchAddresses(List<ProxyBackend> backends, SyncLoop loop) throws ConfigException {
        try {
            keep(NodeAddressWatch.open(
                    serviceLinks(),
                    address -> backends.stream().anyMatch(backend -> backend.dependsOn(address)),
                    loop::requestFull));
        } catch (NetlinkException e) {
            throw new ConfigException(List.of("the node's addresses cannot be watched: " + e.getMessage()));
        }
    }

    private void watchConfigFile() throws ConfigException {
        if (configFile.isEmpty()) {
            return;
        }
        try {
            keep(new ConfigWatch(configFile.get(), () -> restart(configFile.get() + " has changed")));
        } catch (IOException e) {
            throw new ConfigException(List.of(configFile.get() + " cannot be watched: " + e));
        }
    }

    private Optional<NodeObject> awaitNode(NodeFirst nodeFirst, String nodeName)
            throws InterruptedException, ConfigException {
        boolean wantsPodCidrs = settings.detectLocal().mode() == DetectLocalMode.NODE_CIDR;
        Optional<NodeObject> node = wantsPodCidrs
                ? nodeFirst.await(n -> !n.podCidrs().isEmpty(), POD_CIDR_PATIENCE)
                : nodeFirst.await(
                        n -> !n.internalIps().isEmpty() || !n.externalIps().isEmpty(), NODE_PATIENCE);
        if (wantsPodCidrs && node.filter(n -> !n.podCidrs().isEmpty()).isEmpty()) {
            throw new ConfigException(List.of("Node " + nodeName + " has no spec.podCIDRs after "
                    + POD_CIDR_PATIENCE.toMinutes()
                    + " minutes, which --detect-local-mode=NodeCIDR needs: is the cluster's IPAM running?"));
        }
        if (node.isEmpty()) {
            LOG.warn(
                    "there is no Node {}; going on without its zone and addresses (is --hostname-override right?)",
                    nodeName);
        }
        return node;
    }

    private ServiceHealthPorts healthPorts(List<BackendConfig> configs, HealthState health, EventSink events)
            throws ConfigException {
        try {
            return new ServiceHealthPorts(
                    configs.stream().collect(Collectors.toMap(BackendConfig::family, BackendConfig::nodePortAddresses)),
                    new OwnAddresses(keep(NetlinkLinks.open())),
                    health::isAlive,
                    events);
        } catch (IOException | KernelException e) {
            throw new ConfigException(List.of("the health check node ports cannot be served: " + e.getMessage()));
        }
    }

    /** Keeps what only one process of a node can have. */
    private <T extends AutoCloseable> T keepAlone(T resource) {
        alone.add(resource);
        return keep(resource);
    }

    /** Leaves to a successor what only one process can have. */
    private void retire(Handover handover) {
        alone.forEach(Daemon::closeOne);
        handover.retire();
    }

    /** The links of all modes: another mode may have left its own. */
    private Set<String> serviceLinks() {
        return modules.stream()
                .flatMap(module -> module.serviceLinks().stream())
                .collect(Collectors.toUnmodifiableSet());
    }

    private static void closeOne(AutoCloseable resource) {
        try {
            resource.close();
        } catch (Exception e) {
            LOG.warn("while stopping: {}", resource, e);
        }
    }

    private <T extends AutoCloseable> T keep(T resource) {
        opened.push(resource);
        return resource;
    }

    /** Lets go of everything, last opened first; the kernel keeps what is in force. */
    private synchronized void close() {
        while (!opened.isEmpty()) {
            closeOne(opened.pop());
        }
        stopped.countDown();
    }
}
