// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace;

import dev.sluice.core.config.LocalDetector;
import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.kernel.ObjectKind;
import dev.sluice.core.model.NodeFacts;
import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.SocketAddress;
import dev.sluice.core.sync.Changes;
import dev.sluice.core.sync.KernelCost;
import dev.sluice.core.sync.ProxyBackend;
import dev.sluice.core.sync.ProxySnapshot;
import dev.sluice.core.sync.SyncException;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.core.trace.Packet;
import dev.sluice.core.trace.Trace;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.ipset.IpSets;
import dev.sluice.linux.ipset.IpSets.Failure;
import dev.sluice.linux.iptables.ChainName;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.linux.route.Links;
import dev.sluice.linux.route.PolicyRoutes;
import dev.sluice.linux.sysctl.Sysctl;
import dev.sluice.userspace.apply.ClientSources;
import dev.sluice.userspace.apply.PlanExecutor;
import dev.sluice.userspace.apply.PortBalancers;
import dev.sluice.userspace.apply.UdpReceivers;
import dev.sluice.userspace.config.UserspaceConfig;
import dev.sluice.userspace.engine.EngineException;
import dev.sluice.userspace.engine.UserspaceEngine;
import dev.sluice.userspace.explain.PacketExplanation;
import dev.sluice.userspace.plan.DesiredPort;
import dev.sluice.userspace.plan.SyncPlan;
import dev.sluice.userspace.plan.SyncPlanner;
import dev.sluice.userspace.routing.PortBalancer;
import dev.sluice.userspace.routing.RoutingTable;
import dev.sluice.userspace.routing.SourcePolicy;
import dev.sluice.userspace.rules.PortalElement;
import dev.sluice.userspace.rules.RedirectRules;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Userspace mode in one family: rules and sets lead Service traffic to the sockets of the {@link UserspaceEngine},
 * whose loops pass it on.
 *
 * <p>The engine and the kernel's interfaces are shared with others and stay open when this is closed.
 */
final class UserspaceBackend implements ProxyBackend {
    private static final ObjectKind TCP_LISTENERS = ObjectKind.of("userspace.tcp_listeners");
    private static final ObjectKind UDP_SOCKETS = ObjectKind.of("userspace.udp_sockets");
    private static final ObjectKind PORTALS = ObjectKind.of("userspace.portals");

    private static final Logger LOG = LoggerFactory.getLogger(UserspaceBackend.class);

    private final UserspaceConfig config;
    private final UserspaceEngine engine;
    private final Links links;
    private final RoutingTable table;
    private final UdpReceivers udp;
    private final PlanExecutor executor;
    private final ClientSources clients;
    private SyncPlanner planner;
    /** The rules as last rendered; null before the first sync. */
    private @Nullable RedirectRules rules;
    /** Whether the kernel has these rules. */
    private boolean applied;

    private @Nullable NodeFacts node;

    UserspaceBackend(
            UserspaceConfig config,
            UserspaceEngine engine,
            Iptables iptables,
            IpSets sets,
            Links links,
            PolicyRoutes routes,
            Sysctl sysctl) {
        this.config = config;
        this.engine = engine;
        this.links = links;
        table = new RoutingTable(config.family());
        udp = new UdpReceivers(table, engine);
        executor = new PlanExecutor(config.family(), new PortBalancers(table, udp, engine), iptables, sets);
        clients = new ClientSources(config.family(), engine, iptables, routes, links, sysctl, System::nanoTime);
        planner = newPlanner();
    }

    /** Sets the kernel parameters that a sync sets. */
    void prepare() {
        if (config.options().clientSource()) {
            clients.prepare();
        }
    }

    private SyncPlanner newPlanner() {
        return new SyncPlanner(engine.options().userspace().scheduler(), System::nanoTime);
    }

    @Override
    public ProxyMode mode() {
        return ProxyMode.USERSPACE;
    }

    @Override
    public IpFamily family() {
        return config.family();
    }

    @Override
    public SyncReport sync(ProxySnapshot desired, Changes since) throws SyncException {
        RedirectRules present = applied ? rules : null;
        boolean full = since.everything() || present == null || !desired.node().equals(node);
        applied = false;
        try {
            KernelCost cost = full ? syncAll(desired, present) : syncSome(desired, since.ports());
            applied = true;
            return new SyncReport(full, cost, problems(desired.node()), counts());
        } catch (KernelException | EngineException e) {
            throw new SyncException("userspace mode, " + family() + ": " + e.getMessage(), e);
        }
    }

    private List<Problem> problems(NodeFacts facts) {
        List<Problem> all = new ArrayList<>(planner.problems());
        all.addAll(clients.problems(facts));
        return all;
    }

    private KernelCost syncAll(ProxySnapshot desired, @Nullable RedirectRules before) throws KernelException {
        NodeAddresses addresses = NodeAddresses.find(
                links, desired.node(), family(), Optional.ofNullable(before).map(RedirectRules::proxyAddress));
        planner.setUdpProblem(udp.open(addresses.proxy(), executor::udpPort));
        RedirectRules rendered = new RedirectRules(
                config,
                addresses.proxy(),
                engine.listen(table),
                udp.address().map(SocketAddress::port).orElse(0));
        table.setLocality(addresses.locality(config.localDetector(), desired.node()));
        table.setSources(sources());
        Set<ServicePortName> names = new LinkedHashSet<>(planner.ports().names());
        desired.ports().stream().map(ResolvedPort::name).sorted().forEach(names::add);
        rules = rendered;
        SyncPlan plan = planner.plan(names, desired::port);
        try {
            KernelCost cost = report(executor.applyAll(plan, rendered, planner.ports()));
            node = desired.node();
            return cost;
        } finally {
            udp.closeFormer();
        }
    }

    private SourcePolicy sources() throws KernelException {
        return new SourcePolicy(
                clients.apply(config.options().clientSource()),
                config.options().masqueradeAll(),
                !(config.localDetector() instanceof LocalDetector.None));
    }

    private KernelCost syncSome(ProxySnapshot desired, Set<ServicePortName> names) throws KernelException {
        if (clients.isDue()) {
            table.setSources(sources());
        }
        Set<ServicePortName> concerned = new LinkedHashSet<>(names);
        concerned.addAll(planner.due());
        return report(executor.apply(planner.plan(concerned, desired::port)));
    }

    private KernelCost report(PlanExecutor.PlanResult result) {
        for (Failure failure : result.refused()) {
            String reason = String.valueOf(failure.error().getMessage());
            if (failure.change().add()) {
                planner.refused(
                        new PortalElement(
                                failure.change().set(), failure.change().entry()),
                        reason);
            } else {
                LOG.atWarn()
                        .addKeyValue("entry", failure.change().entry())
                        .addKeyValue("set", failure.change().set().name())
                        .addKeyValue("cause", reason)
                        .log("cannot delete an entry of a set");
            }
        }
        return result.cost();
    }

    /** Endpoints under slow start get more connections from time to time; others may have broken clients' sources. */
    @Override
    public Optional<Duration> nextCheck() {
        return Stream.of(planner.nextStep(), clients.nextCheck())
                .flatMap(Optional::stream)
                .min(Comparator.naturalOrder());
    }

    @Override
    public boolean keepsStateIn(KernelObject object) {
        return RedirectRules.owns(object.name())
                || (object.kind().equals("nat")
                                || object.kind().equals("filter")
                                || object.kind().equals("mangle"))
                        && ChainName.isBuiltIn(object.name());
    }

    /** The proxy's own address is one of them, and they determine which clients are the node's own. */
    @Override
    public boolean dependsOn(IpAddress address) {
        return address.family() == family() && address.isReachable();
    }

    /**
     * Where conntrack entries of {@code port} may lead: to the UDP sockets, unless it has no endpoint at all. A change
     * of endpoints does not matter, a change of the sockets does: the kernel would keep the old ones, since only the
     * first datagram of a flow meets the rules.
     */
    Set<SocketAddress> conntrackTargets(ResolvedPort port) {
        DesiredPort known = planner.ports().get(port.name());
        return known != null && known.redirection().admits()
                ? udp.address().map(Set::of).orElse(Set.of())
                : Set.of();
    }

    /** The service ports that the event loops serve; any thread may ask. */
    Set<PortBalancer> balancers() {
        return table.balancers();
    }

    private Map<ObjectKind, Long> counts() {
        return Map.of(
                TCP_LISTENERS, (long) engine.listeners(family()),
                UDP_SOCKETS, (long) udp.count(),
                PORTALS, (long) table.size());
    }

    @Override
    public Trace explain(Packet packet) {
        RedirectRules rendered = rules;
        return rendered == null
                ? Trace.notAService(List.of())
                : new PacketExplanation(rendered, planner.ports(), table).of(packet);
    }

    @Override
    public void cleanUp() throws SyncException {
        close();
        try {
            executor.removeAll();
            clients.remove();
        } catch (KernelException e) {
            throw new SyncException("userspace mode, " + family() + ": clean-up stopped: " + e.getMessage(), e);
        }
    }

    /**
     * Holds new TCP connections until a successor starts or {@code end} passes; the kernel would refuse them otherwise.
     * Where rules of kube-proxy stand behind ours, those take them, and datagrams too.
     * Call it when no sync runs any more, and before the engine stops listening. Does nothing without applied rules.
     */
    void holdNewConnections(Instant end) throws KernelException {
        if (applied && rules != null) {
            executor.hold(rules.hold(end));
        }
    }

    /** As {@link #holdNewConnections}, for datagrams, before their sockets are closed. */
    void holdDatagrams(Instant end) throws KernelException {
        if (applied && rules != null) {
            executor.holdDatagrams(rules.holdDatagrams(end));
        }
    }

    /** Stops listening; the rules stay, so that new connections are refused at once until a successor starts. */
    @Override
    public void close() {
        applied = false;
        rules = null;
        engine.stopListening(family());
        executor.applyToRoutes(planner.plan(planner.ports().names(), name -> null));
        udp.close();
        planner = newPlanner();
    }
}
