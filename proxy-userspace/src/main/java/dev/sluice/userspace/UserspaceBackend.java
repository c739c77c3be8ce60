// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace;

import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.kernel.ObjectKind;
import dev.sluice.core.model.NodeFacts;
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
import dev.sluice.userspace.apply.PlanExecutor;
import dev.sluice.userspace.apply.PortSockets;
import dev.sluice.userspace.config.UserspaceConfig;
import dev.sluice.userspace.engine.EngineException;
import dev.sluice.userspace.engine.UserspaceEngine;
import dev.sluice.userspace.explain.PacketExplanation;
import dev.sluice.userspace.plan.PortChange;
import dev.sluice.userspace.plan.PortState;
import dev.sluice.userspace.plan.SyncPlan;
import dev.sluice.userspace.plan.SyncPlanner;
import dev.sluice.userspace.routing.PortBalancer;
import dev.sluice.userspace.routing.RoutingTable;
import dev.sluice.userspace.rules.PortalElement;
import dev.sluice.userspace.rules.RedirectRules;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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
    private final PortSockets sockets;
    private final PlanExecutor executor;
    private SyncPlanner planner;
    /** The rules as last rendered; null before the first sync. */
    private @Nullable RedirectRules rules;
    /** Whether the kernel has these rules. */
    private boolean applied;

    private @Nullable NodeFacts node;

    UserspaceBackend(UserspaceConfig config, UserspaceEngine engine, Iptables iptables, IpSets sets, Links links) {
        this.config = config;
        this.engine = engine;
        this.links = links;
        table = new RoutingTable(config.family());
        sockets = new PortSockets(table, engine);
        executor = new PlanExecutor(config.family(), sockets, iptables, sets);
        planner = newPlanner();
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
            KernelCost cost =
                    full || present == null ? syncAll(desired, present) : syncSome(desired, since.ports(), present);
            applied = true;
            return new SyncReport(full, cost, planner.problems(), counts());
        } catch (KernelException | EngineException e) {
            throw new SyncException("userspace mode, " + family() + ": " + e.getMessage(), e);
        }
    }

    private KernelCost syncAll(ProxySnapshot desired, @Nullable RedirectRules before) throws KernelException {
        NodeAddresses addresses = NodeAddresses.find(
                links, desired.node(), family(), Optional.ofNullable(before).map(RedirectRules::proxyAddress));
        RedirectRules rendered = new RedirectRules(config, addresses.proxy(), engine.listen(table));
        table.setLocality(addresses.locality(config.localDetector(), desired.node()));
        Set<ServicePortName> names = new LinkedHashSet<>(planner.ports().names());
        desired.ports().stream().map(ResolvedPort::name).sorted().forEach(names::add);
        rules = rendered;
        SyncPlan plan = plan(desired, names, rendered);
        KernelCost cost = report(executor.applyAll(plan, rendered, planner.ports()));
        node = desired.node();
        return cost;
    }

    private KernelCost syncSome(ProxySnapshot desired, Set<ServicePortName> names, RedirectRules present)
            throws KernelException {
        Set<ServicePortName> concerned = new LinkedHashSet<>(names);
        concerned.addAll(planner.due());
        return report(executor.apply(plan(desired, concerned, present)));
    }

    private SyncPlan plan(ProxySnapshot desired, Set<ServicePortName> names, RedirectRules redirect) {
        List<PortChange> changes = planner.changes(names, desired::port);
        PortSockets.OpenedSockets opened = sockets.open(changes, redirect.proxyAddress());
        opened.failures().forEach(planner::noSocket);
        return planner.plan(changes, opened.sockets());
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

    /** Endpoints under slow start get more connections from time to time. */
    @Override
    public Optional<Duration> nextCheck() {
        return planner.nextStep();
    }

    @Override
    public boolean keepsStateIn(KernelObject object) {
        return RedirectRules.owns(object.name())
                || (object.kind().equals("nat") || object.kind().equals("filter"))
                        && ChainName.isBuiltIn(object.name());
    }

    /** The proxy's own address is one of them, and they determine which clients are the node's own. */
    @Override
    public boolean dependsOn(IpAddress address) {
        return address.family() == family() && address.isReachable();
    }

    /**
     * Where conntrack entries of {@code port} may lead: to its UDP socket. A change of endpoints does not matter, a
     * change of the socket does: the kernel would keep the old one, since only the first datagram of a flow meets the
     * rules.
     */
    Set<SocketAddress> conntrackTargets(ResolvedPort port) {
        PortState state = planner.ports().get(port.name());
        SocketAddress socket = state == null ? null : state.udpSocket();
        return socket == null ? Set.of() : Set.of(socket);
    }

    /** The service ports that the event loops serve; any thread may ask. */
    Set<PortBalancer> balancers() {
        return table.balancers();
    }

    private Map<ObjectKind, Long> counts() {
        return Map.of(
                TCP_LISTENERS, (long) engine.listeners(family()),
                UDP_SOCKETS, (long) sockets.udpCount(),
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
        } catch (KernelException e) {
            throw new SyncException("userspace mode, " + family() + ": clean-up stopped: " + e.getMessage(), e);
        }
    }

    /**
     * Holds new TCP connections until a successor starts or {@code end} passes; the kernel would refuse them otherwise.
     * Call it when no sync runs any more, and before the engine stops listening. Does nothing without applied rules.
     */
    void holdNewConnections(Instant end) throws SyncException {
        RedirectRules present = rules;
        if (!applied || present == null) {
            return;
        }
        try {
            executor.insert(present.hold(end));
        } catch (KernelException e) {
            throw new SyncException(
                    "userspace mode, " + family() + ": cannot hold new connections: " + e.getMessage(), e);
        }
    }

    /** Stops listening; the rules stay, so that new connections are refused at once until a successor starts. */
    @Override
    public void close() {
        applied = false;
        rules = null;
        engine.stopListening(family());
        List<PortChange> removals = planner.changes(planner.ports().names(), name -> null);
        executor.applyToSockets(planner.plan(removals, Map.of()));
        planner = newPlanner();
    }
}
