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

/** Plans the syncs of one family. */
public final class SyncPlanner {
    private final PlannedPorts ports = new PlannedPorts();
    private final Map<ServicePortName, List<Problem>> problems = new TreeMap<>();
    private final ConnectionPolicyReader policies;
    private final SlowStart<SocketAddress> slowStart;
    private @Nullable String udpProblem;

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

    /** @param reason why UDP service ports cannot be served, null when they can */
    public void setUdpProblem(@Nullable String reason) {
        udpProblem = reason;
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
     * The plan for the service ports {@code names}.
     *
     * @param desired returns null for a port that is to be removed
     */
    public SyncPlan plan(Set<ServicePortName> names, Function<ServicePortName, @Nullable ResolvedPort> desired) {
        SyncPlan plan = new SyncPlan();
        for (ServicePortName name : names) {
            problems.remove(name);
            DesiredPort before = ports.get(name);
            ResolvedPort port = desired.apply(name);
            DesiredPort after = port == null ? null : desired(port, before);
            if (after == null) {
                slowStart.forget(name);
            }
            ports.replace(name, after);
            plan.add(before, after);
        }
        return plan;
    }

    private @Nullable DesiredPort desired(ResolvedPort port, @Nullable DesiredPort before) {
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
        if (service.protocol() == Protocol.UDP && udpProblem != null) {
            report(port.name(), Problem.skipped(ObjectRef.service(service.name().service()), "", udpProblem));
            return null;
        }
        ProblemList invalid = new ProblemList(ObjectRef.service(service.name().service()));
        ConnectionPolicy policy = policies.read(service, invalid);
        invalid.toList().forEach(problem -> report(port.name(), problem));
        return new DesiredPort(port, policy, weights(port, policy, before), PortRedirection.of(port));
    }

    private ToIntFunction<Endpoint> weights(ResolvedPort port, ConnectionPolicy policy, @Nullable DesiredPort before) {
        Duration time = policy.slowStart();
        if (time == null) {
            slowStart.forget(port.name());
            return Endpoint::weight;
        }
        Map<SocketAddress, Integer> applied = before == null ? Map.of() : before.slowStartWeights();
        return slowStart.weights(port.name(), time, port.endpoints().reachable(), applied);
    }
}
