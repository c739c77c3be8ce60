// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.start;

import dev.sluice.core.config.BackendConfig;
import dev.sluice.core.kernel.HostException;
import dev.sluice.core.mode.ProxyModule;
import dev.sluice.core.mode.ServiceNotice;
import dev.sluice.core.source.NodeObject;
import dev.sluice.core.sync.SyncLoop;
import dev.sluice.core.sync.SyncObserver;
import dev.sluice.core.sync.Ticker;
import dev.sluice.core.track.ChangeTracker;
import dev.sluice.daemon.addresses.NodeAddressWatch;
import dev.sluice.daemon.config.ConfigException;
import dev.sluice.daemon.config.Settings;
import dev.sluice.daemon.config.Settings.DetectLocalMode;
import dev.sluice.daemon.events.ProblemEvents;
import dev.sluice.daemon.events.RepairEvents;
import dev.sluice.daemon.explain.ExplainPage;
import dev.sluice.daemon.handover.ProcessHandover;
import dev.sluice.daemon.health.HealthObserver;
import dev.sluice.daemon.health.HealthState;
import dev.sluice.daemon.health.RuleContest;
import dev.sluice.daemon.healthport.NodeOwnAddresses;
import dev.sluice.daemon.healthport.ServiceHealthPorts;
import dev.sluice.daemon.leftovers.LeftoverRemoval;
import dev.sluice.daemon.leftovers.RemovalAfterSync;
import dev.sluice.daemon.metrics.MetricsPage;
import dev.sluice.daemon.metrics.TrafficLimits;
import dev.sluice.daemon.otherproxy.ProxyLock;
import dev.sluice.daemon.repair.RuleRepair;
import dev.sluice.daemon.restart.PodCidrWatch;
import dev.sluice.daemon.watchdog.HeapTrim;
import dev.sluice.daemon.watchdog.ProcessHeap;
import dev.sluice.daemon.watchdog.SyncThreadWatchdog;
import dev.sluice.kubernetes.EventSink;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.host.LinuxHost;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Starts the sync loop of a prepared daemon, with its observers and its HTTP servers. */
public final class ProxyStartup {
    private static final Logger LOG = LoggerFactory.getLogger(ProxyStartup.class);

    /** As long as a process whose mode hands over takes to end. */
    private static final Duration LOCK_PATIENCE = Duration.ofMinutes(1);

    private final Settings settings;
    private final LinuxHost host;
    private final Prepared prepared;
    private final OpenResources resources;
    private final HealthState health;
    private final DaemonPages pages;
    private final ProcessHeap heap;

    /** @param resources receives what is opened */
    public ProxyStartup(
            Settings settings,
            LinuxHost host,
            Prepared prepared,
            OpenResources resources,
            HealthState health,
            DaemonPages pages,
            ProcessHeap heap) {
        this.settings = settings;
        this.host = host;
        this.prepared = prepared;
        this.resources = resources;
        this.health = health;
        this.pages = pages;
        this.heap = heap;
    }

    /**
     * Starts everything; the first sync follows once the cluster's state is known.
     *
     * @param modules of every mode
     * @param lock which this process has, or its predecessor hands over
     * @param restart ends the process, for its supervisor to start it again; gets the reason
     */
    public void start(List<ProxyModule> modules, ProxyLock lock, Consumer<String> restart)
            throws ConfigException, HostException, InterruptedException {
        ProxyModule module = prepared.mode().module();
        health.serves(prepared.families());
        MetricsPage metrics = prepared.metrics();
        metrics.ofMode(module.metrics());
        module.reportTo(this::send);
        module.traffic().ifPresent(traffic -> metrics.traffic(traffic, TrafficLimits.fromSystem()));
        RuleRepair repair = repair();
        List<SyncObserver> observers = observers(modules, repair, restart);
        Optional<ProcessHandover> handover = module.handover()
                .map(how -> new ProcessHandover(how.name(), lock, prepared.families(), () -> {
                    resources.closeExclusive();
                    how.retire();
                }));
        handover.ifPresent(observers::add);
        resources.keep(
                (AutoCloseable) host::resumeTools); // once the loop has ended: a mode may have last rules to write
        SyncLoop loop =
                resources.keep(new SyncLoop(tracker(), prepared.mode().backends(), settings.syncPeriods(), observers));
        resources.keep(repair).use(loop::repair);
        watchAddresses(loop);
        if (handover.isPresent()) {
            resources.keep(handover.get()).takeOver(loop);
        }
        lock.require(LOCK_PATIENCE);
        pages.explainWith(new ExplainPage(loop, prepared.mode().backends()));
        pages.listen(metrics, prepared.cluster().events()); // if a predecessor had the ports until now
        loop.start();
        if (prepared.node().isEmpty()) {
            loop.proceedWithoutNode();
        }
        prepared.nodeGate().release(loop);
        prepared.cluster().events().node(EventSink.Type.NORMAL, "Starting", "StartKubeProxy", "");
        LOG.atInfo()
                .addKeyValue("node", prepared.nodeName())
                .addKeyValue("families", prepared.families())
                .addKeyValue("source", prepared.cluster().description())
                .log("the node and the source of the cluster's state are known");
    }

    private void send(ServiceNotice notice) {
        EventSink.Type type = switch (notice.kind()) {
            case NORMAL -> EventSink.Type.NORMAL;
            case WARNING -> EventSink.Type.WARNING;
        };
        prepared.cluster().events().service(notice.service(), type, notice.reason(), notice.action(), notice.note());
    }

    private RuleRepair repair() throws HostException {
        RuleContest contest = new RuleContest(InstantSource.system());
        health.add(contest);
        return new RuleRepair(
                prepared.families(),
                host.restores(),
                prepared.mode().module().watches(),
                List.of(
                        contest,
                        prepared.metrics().repairs(),
                        new RepairEvents(prepared.cluster().events())),
                Ticker.system());
    }

    private List<SyncObserver> observers(List<ProxyModule> modules, RuleRepair repair, Consumer<String> restart)
            throws ConfigException {
        EventSink events = prepared.cluster().events();
        LeftoverRemoval leftovers = new LeftoverRemoval(prepared.mode().module(), modules, host);
        List<SyncObserver> observers = new ArrayList<>(List.of(
                new HealthObserver(health),
                prepared.metrics().observer(),
                resources.keepExclusive(healthPorts(events)),
                new ProblemEvents(events),
                new RemovalAfterSync(prepared.families(), leftovers::remove),
                repair,
                new HeapTrim(prepared.families(), heap),
                new SyncThreadWatchdog()));
        if (settings.detectLocal().mode() == DetectLocalMode.NODE_CIDR) {
            List<String> ranges = prepared.node().map(NodeObject::podCidrs).orElse(List.of());
            observers.add(new PodCidrWatch(ranges, restart));
        }
        return observers;
    }

    private ServiceHealthPorts healthPorts(EventSink events) throws ConfigException {
        try {
            return new ServiceHealthPorts(
                    prepared.configs().stream()
                            .collect(Collectors.toMap(BackendConfig::family, BackendConfig::nodePortAddresses)),
                    new NodeOwnAddresses(resources.keep(host.openLinks())),
                    health::isAlive,
                    events);
        } catch (IOException | KernelException e) {
            throw new ConfigException(List.of("the health check node ports cannot be served: " + e.getMessage()));
        }
    }

    private ChangeTracker tracker() {
        ChangeTracker tracker = new ChangeTracker(prepared.nodeName(), prepared.families(), InstantSource.system());
        if (prepared.mode().module().bindsAddresses()) {
            tracker.withAddressOwners();
        }
        return settings.featureGates().externalIps() ? tracker : tracker.withoutExternalIps();
    }

    private void watchAddresses(SyncLoop loop) throws ConfigException {
        try {
            resources.keep(NodeAddressWatch.open(
                    prepared.serviceLinks(),
                    address -> prepared.mode().backends().stream().anyMatch(backend -> backend.dependsOn(address)),
                    loop::requestFull));
        } catch (NetlinkException e) {
            throw new ConfigException(List.of("the node's addresses cannot be watched: " + e.getMessage()));
        }
    }
}
