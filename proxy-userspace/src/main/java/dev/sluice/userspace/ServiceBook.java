package dev.sluice.userspace;

import dev.sluice.core.balance.SlowStart;
import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ProblemList;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.model.ServicePort;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.Protocol;
import dev.sluice.linux.ipset.SetEntry;
import dev.sluice.linux.iptables.RuleLine;
import dev.sluice.userspace.balance.Upstream;
import dev.sluice.userspace.balance.UpstreamPool;
import dev.sluice.userspace.engine.EngineException;
import dev.sluice.userspace.engine.UdpSocket;
import dev.sluice.userspace.engine.UserspaceEngine;
import dev.sluice.userspace.routing.ConnectionPolicy;
import dev.sluice.userspace.routing.ConnectionPolicyReader;
import dev.sluice.userspace.routing.PortBalancer;
import dev.sluice.userspace.routing.Portal;
import dev.sluice.userspace.routing.PortalRoute;
import dev.sluice.userspace.routing.RoutingTable;
import dev.sluice.userspace.rules.PortRedirection;
import dev.sluice.userspace.rules.PortalPolicy;
import dev.sluice.userspace.rules.PortalSets;
import dev.sluice.userspace.rules.SetElement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The service ports of one family in force. No two of them share a portal: of Services that name the same one the
 * tracker has chosen; when a portal passes from one to the other in one sync, the order of the two updates does not
 * matter. The cost of an update is that of the service port alone.
 */
final class ServiceBook {
    private final RoutingTable table;
    private final UserspaceEngine engine;
    /** In the order of their rules. */
    private final Map<ServicePortName, ServiceState> states = new LinkedHashMap<>();

    private final Map<ServicePortName, List<Problem>> problems = new TreeMap<>();
    private final ConnectionPolicyReader policies;
    private final SlowStart<Upstream.Key> slowStart;
    private int udpSockets;

    ServiceBook(RoutingTable table, UserspaceEngine engine, LongSupplier nanoTime) {
        this.table = table;
        this.engine = engine;
        policies = new ConnectionPolicyReader(engine.options().userspace().scheduler());
        slowStart = new SlowStart<>(nanoTime, Upstream.Key::of);
    }

    /**
     * The service ports to update although nothing about them has changed: some endpoint is to get more connections.
     */
    Set<ServicePortName> due() {
        return slowStart.due();
    }

    /** How long until one is due. */
    Optional<Duration> nextStep() {
        return slowStart.nextStep();
    }

    Set<ServicePortName> names() {
        return Set.copyOf(states.keySet());
    }

    @Nullable
    ServiceState state(ServicePortName name) {
        return states.get(name);
    }

    @Nullable
    ServiceState behind(Portal portal) {
        PortalRoute route = table.get(portal);
        return route == null ? null : states.get(route.balancer().name());
    }

    List<Problem> problems() {
        return problems.values().stream().flatMap(List::stream).distinct().toList();
    }

    int udpSockets() {
        return udpSockets;
    }

    /** The set elements of all service ports. */
    Set<SetElement> members() {
        Set<SetElement> members = new LinkedHashSet<>();
        states.values().forEach(state -> members.addAll(members(state)));
        return members;
    }

    /** The UDP rules of all service ports. */
    List<RuleLine> udpRules() {
        return states.values().stream()
                .flatMap(state -> state.udpRules().stream())
                .toList();
    }

    /** Notes that the kernel refused {@code member}. */
    void refused(SetElement member, String reason) {
        states.forEach((name, state) -> {
            if (state.plan().members().contains(member)) {
                problems.computeIfAbsent(name, any -> new ArrayList<>())
                        .add(Problem.skipped(
                                "Service " + name.service(),
                                "",
                                "the kernel refuses " + member.entry() + " in the set "
                                        + member.set().name() + ": " + reason));
            }
        });
    }

    /**
     * Brings one service port up to date: the loops see it at once, the kernel's part goes into {@code change}.
     *
     * @param port null when it is gone
     * @param address where UDP sockets are bound
     */
    void update(ServicePortName name, @Nullable ResolvedPort port, IpAddress address, PendingChange change) {
        problems.remove(name);
        ResolvedPort carried = port != null && supported(port.service()) ? port : null;
        ServiceState old = states.get(name);
        ServiceState next = carried == null ? null : next(carried, old, address);
        if (next == null) {
            slowStart.forget(name);
        }
        if (old != null) {
            retire(old, next, change);
        }
        if (next == null) {
            states.remove(name);
        } else {
            introduce(next, old, change);
        }
    }

    private boolean supported(ServicePort service) {
        if (service.protocol() != Protocol.SCTP) {
            return true;
        }
        report(
                Problem.skipped(
                        "Service " + service.name().service(),
                        "spec.ports[" + service.name().port() + "].protocol",
                        "userspace mode does not carry SCTP; use the iptables or ipvs mode for it"),
                service.name());
        return false;
    }

    private @Nullable ServiceState next(ResolvedPort port, @Nullable ServiceState old, IpAddress address) {
        PortRedirection plan = PortRedirection.of(port);
        PortBalancer live = live(port, old);
        if (!plan.needsUdpSocket()) {
            return new ServiceState(plan, live, null, List.of());
        }
        try {
            UdpSocket kept = old == null ? null : old.udp();
            UdpSocket socket =
                    kept != null && kept.address().equals(address) ? kept : engine.openUdp(table, live, address);
            return new ServiceState(plan, live, socket, plan.udpRules(address, socket.port()));
        } catch (EngineException e) {
            report(
                    Problem.skipped("Service " + port.name().service(), "", String.valueOf(e.getMessage())),
                    port.name());
            return null;
        }
    }

    private PortBalancer live(ResolvedPort port, @Nullable ServiceState old) {
        ProblemList found = new ProblemList("Service " + port.name().service());
        ConnectionPolicy policy = policies.read(port.service(), found);
        found.toList().forEach(problem -> report(problem, port.name()));
        ToIntFunction<Endpoint> weights = weights(port, policy, old);
        if (old == null) {
            return new PortBalancer(port, policy, weights);
        }
        old.live().update(port, policy, weights);
        return old.live();
    }

    private ToIntFunction<Endpoint> weights(ResolvedPort port, ConnectionPolicy policy, @Nullable ServiceState old) {
        Duration time = policy.slowStart();
        if (time == null) {
            slowStart.forget(port.name());
            return Endpoint::weight;
        }
        Map<Upstream.Key, Integer> inForce = new HashMap<>();
        if (old != null) {
            int factor = old.live().policy().slowStart() == null ? SlowStart.STEPS : 1;
            UpstreamPool pool = old.live().reachable();
            for (int i = 0; i < pool.size(); i++) {
                inForce.put(pool.upstream(i).key(), pool.weight(i) * factor);
            }
        }
        return slowStart.weights(port.name(), time, port.endpoints().reachable(), inForce);
    }

    private void report(Problem problem, ServicePortName name) {
        problems.computeIfAbsent(name, any -> new ArrayList<>()).add(problem);
    }

    private void retire(ServiceState old, @Nullable ServiceState next, PendingChange change) {
        Set<SetElement> kept = next == null ? Set.of() : members(next);
        members(old).stream().filter(m -> !kept.contains(m)).forEach(change.elements::delete);
        if (next == null || !next.udpRules().equals(old.udpRules())) {
            change.oldRules.addAll(old.udpRules());
        }
        old.plan().portals().forEach((portal, door) -> {
            PortalPolicy now = next == null ? null : next.plan().portals().get(portal);
            if (now == null || now.scope() != door.scope()) {
                change.last(() -> table.remove(portal, new PortalRoute(old.live(), door.scope())));
            }
        });
        UdpSocket socket = old.udp();
        if (socket != null && (next == null || next.udp() != socket)) {
            change.last(socket::close);
            udpSockets--;
        }
    }

    private void introduce(ServiceState next, @Nullable ServiceState old, PendingChange change) {
        Set<SetElement> present = old == null ? Set.of() : members(old);
        members(next).stream().filter(m -> !present.contains(m)).forEach(change.elements::add);
        next.plan().portals().forEach((portal, door) -> table.put(portal, new PortalRoute(next.live(), door.scope())));
        boolean moved = old == null || !next.udpRules().equals(old.udpRules());
        if (moved) {
            change.newRules.addAll(next.udpRules());
            states.remove(next.plan().name());
        }
        states.put(next.plan().name(), next);
        if (next.plan().name().protocol() == Protocol.UDP) {
            introduceUdp(next, old);
        }
    }

    private void introduceUdp(ServiceState next, @Nullable ServiceState old) {
        UdpSocket socket = next.udp();
        if (socket != null && old != null && old.udp() == socket) {
            socket.endpointsChanged();
        } else if (socket != null) {
            udpSockets++;
        }
    }

    private Set<SetElement> members(ServiceState state) {
        Set<SetElement> members = new LinkedHashSet<>(state.plan().members());
        if (state.udp() != null) {
            members.add(new SetElement(PortalSets.udpSockets(table.family()), new SetEntry.Port(state.udpPort())));
        }
        return members;
    }
}
