// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.plan;

import dev.sluice.core.balance.SlowStart;
import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ProblemList;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.model.ServicePort;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.net.SocketAddress;
import dev.sluice.userspace.balance.Scheduler;
import dev.sluice.userspace.routing.ConnectionPolicy;
import dev.sluice.userspace.routing.ConnectionPolicyReader;
import dev.sluice.userspace.rules.PortRedirection;
import dev.sluice.userspace.rules.PortalElement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Plans the syncs of one family, in two steps: {@link #changes} determines the desired state of each service port, so
 * that its UDP socket can be opened; {@link #plan} determines the rest, once the kernel has chosen the sockets' ports.
 */
public final class SyncPlanner {
    private final PlannedPorts ports = new PlannedPorts();
    private final Map<ServicePortName, List<Problem>> problems = new TreeMap<>();
    private final ConnectionPolicyReader policies;
    private final SlowStart<SocketAddress> slowStart;

    /**
     * @param scheduler the one of Services that request none
     * @param nanoTime the clock of slow start
     */
    public SyncPlanner(Scheduler scheduler, LongSupplier nanoTime) {
        policies = new ConnectionPolicyReader(scheduler);
        slowStart = new SlowStart<>(nanoTime, Endpoint::socketAddress);
    }

    /** The service ports as of the last plan. */
    public PlannedPorts ports() {
        return ports;
    }

    /** The service ports with an endpoint that is due for more connections by slow start. */
    public Set<ServicePortName> due() {
        return slowStart.due();
    }

    /** How long until a service port is due, empty when none will be. */
    public Optional<Duration> nextStep() {
        return slowStart.nextStep();
    }

    /** The problems of all service ports. */
    public List<Problem> problems() {
        return problems.values().stream().flatMap(List::stream).distinct().toList();
    }

    /** Notes that the UDP socket of a service port cannot be opened. */
    public void noSocket(ServicePortName name, String reason) {
        report(name, Problem.skipped(ObjectRef.service(name.service()), "", reason));
    }

    /** Notes that the kernel has refused to add {@code element}. */
    public void refused(PortalElement element, String reason) {
        for (ServicePortName name : ports.owners(element)) {
            report(
                    name,
                    Problem.skipped(
                            ObjectRef.service(name.service()),
                            "",
                            "the kernel refuses " + element.entry() + " in the set "
                                    + element.set().name() + ": " + reason));
        }
    }

    private void report(ServicePortName name, Problem problem) {
        problems.computeIfAbsent(name, any -> new ArrayList<>()).add(problem);
    }

    /**
     * The applied and desired state of the service ports {@code names}.
     *
     * @param desired returns null for a port that is to be removed
     */
    public List<PortChange> changes(
            Set<ServicePortName> names, Function<ServicePortName, @Nullable ResolvedPort> desired) {
        List<PortChange> changes = new ArrayList<>(names.size());
        for (ServicePortName name : names) {
            problems.remove(name);
            PortState before = ports.get(name);
            ResolvedPort port = desired.apply(name);
            changes.add(new PortChange(name, before, port == null ? null : desired(port, before)));
        }
        return changes;
    }

    private @Nullable DesiredPort desired(ResolvedPort port, @Nullable PortState before) {
        ServicePort service = port.service();
        if (service.protocol() == Protocol.SCTP) {
            report(
                    port.name(),
                    Problem.skipped(
                            ObjectRef.service(service.name().service()),
                            "spec.ports[" + service.name().port() + "].protocol",
                            "userspace mode does not carry SCTP; use a mode in which the kernel carries the traffic"));
            return null;
        }
        ProblemList invalid = new ProblemList(ObjectRef.service(service.name().service()));
        ConnectionPolicy policy = policies.read(service, invalid);
        invalid.toList().forEach(problem -> report(port.name(), problem));
        return new DesiredPort(port, policy, weights(port, policy, before), PortRedirection.of(port));
    }

    private ToIntFunction<Endpoint> weights(ResolvedPort port, ConnectionPolicy policy, @Nullable PortState before) {
        Duration time = policy.slowStart();
        if (time == null) {
            slowStart.forget(port.name());
            return Endpoint::weight;
        }
        Map<SocketAddress, Integer> applied =
                before == null ? Map.of() : before.desired().slowStartWeights();
        return slowStart.weights(port.name(), time, port.endpoints().reachable(), applied);
    }

    /**
     * The plan that carries out {@code changes}. A port without the UDP socket that it needs is removed.
     *
     * @param udpSockets the open sockets of the ports that need one
     */
    public SyncPlan plan(List<PortChange> changes, Map<ServicePortName, SocketAddress> udpSockets) {
        SyncPlan plan = new SyncPlan();
        for (PortChange change : changes) {
            PortState after = after(change, udpSockets.get(change.name()));
            if (after == null) {
                slowStart.forget(change.name());
            }
            ports.replace(change.before(), after);
            plan.add(change.before(), after);
        }
        return plan;
    }

    private static @Nullable PortState after(PortChange change, @Nullable SocketAddress socket) {
        DesiredPort desired = change.desired();
        if (desired == null) {
            return null;
        }
        if (!change.needsUdpSocket()) {
            return new PortState(desired, null);
        }
        return socket == null ? null : new PortState(desired, socket);
    }
}
