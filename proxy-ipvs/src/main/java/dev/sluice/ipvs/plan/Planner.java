// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.plan;

import dev.sluice.core.balance.SlowStart;
import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ProblemList;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.model.Weight;
import dev.sluice.core.net.SocketAddress;
import dev.sluice.linux.ipvs.RealServer;
import java.math.BigInteger;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Makes the plans of service ports: rendering, with the scheduler and the weights that annotations request. */
public final class Planner {
    /** The size of sh's table (CONFIG_IP_VS_SH_TAB_BITS, by default 8). */
    private static final int SH_PLACES = 256;

    private static final String WEIGHTED = "wrr, wlc, lblc, lblcr, sed, nq, mh or twos";

    private final Schedulers schedulers;
    private final SlowStart<SocketAddress> slowStart;
    private final Map<ServicePortName, List<Problem>> problems = new TreeMap<>();
    private final Set<ServicePortName> startingSlowly = new HashSet<>();

    /** @param nanoTime the clock of slow start */
    public Planner(Schedulers schedulers, LongSupplier nanoTime) {
        this.schedulers = schedulers;
        slowStart = new SlowStart<>(nanoTime, Endpoint::socketAddress);
    }

    /** The schedulers to probe before {@code ports} are planned. */
    public Set<String> requestedSchedulers(Collection<ResolvedPort> ports) {
        return ports.stream()
                .flatMap(port -> schedulers.requested(port.service()).stream())
                .collect(Collectors.toSet());
    }

    /** The plan of one port; null when the port was removed. */
    @Nullable
    public PortPlan plan(ServicePortName name, @Nullable ResolvedPort port, PlanContext context) {
        if (port == null) {
            forget(name);
            return null;
        }
        ProblemList found = new ProblemList(ObjectRef.service(name.service()));
        Schedulers.Choice choice = schedulers.choose(port.service(), context.refusedSchedulers(), found);
        Optional<Duration> slowly =
                SlowStart.requested(port.service(), choice.scheduler(), choice.weighted() ? null : WEIGHTED, found);
        Scheduling scheduling =
                slowly.isPresent() ? new Scheduling(choice, SlowStart::full) : settled(choice, port, found);
        note(name, found.toList());
        PortRenderer renderer = new PortRenderer(context.node());
        PortPlan plan = renderer.render(port, scheduling);
        if (slowly.isEmpty()) {
            startingSlowly.remove(name);
            slowStart.forget(name);
            return plan;
        }
        startingSlowly.add(name);
        AppliedObjects applied = context.applied();
        return applied == null
                ? plan
                : renderer.render(
                        port,
                        new Scheduling(
                                choice,
                                slowStart.weights(
                                        name, slowly.get(), port.endpoints().reachable(), weights(plan, applied))));
    }

    /**
     * The weights without slow start. sh fills its table in rounds, with as many places in a row for each server as its
     * weight; so only the ratio of weights is passed on, in the smallest numbers.
     */
    private static Scheduling settled(Schedulers.Choice choice, ResolvedPort port, ProblemList problems) {
        if (!choice.scheduler().equals("sh")) {
            return Scheduling.plain(choice);
        }
        BigInteger common = BigInteger.ZERO;
        long sum = 0;
        for (Endpoint endpoint : port.endpoints().reachable()) {
            common = common.gcd(BigInteger.valueOf(endpoint.weight()));
            sum += endpoint.weight();
        }
        int divisor = Math.max(1, common.intValue());
        if (sum / divisor > SH_PLACES && sum > port.endpoints().reachable().size()) {
            problems.ignored(
                    Weight.FIELD,
                    "the weights add up to " + sum / divisor + ", but sh has " + SH_PLACES
                            + " places: some endpoints get no client; take smaller weights, or mh");
        }
        return new Scheduling(choice, endpoint -> endpoint.weight() / divisor);
    }

    private static Map<SocketAddress, Integer> weights(PortPlan plan, AppliedObjects applied) {
        Map<SocketAddress, Integer> weights = new HashMap<>();
        for (DesiredServer desired : plan.servers()) {
            AppliedObjects.Server server = applied.server(desired.key());
            for (RealServer each : server == null ? List.<RealServer>of() : server.realServers()) {
                if (each.weight() > 0) {
                    weights.merge(each.socketAddress(), each.weight(), Math::max);
                }
            }
        }
        return weights;
    }

    private void note(ServicePortName name, List<Problem> found) {
        if (found.isEmpty()) {
            problems.remove(name);
        } else {
            problems.put(name, found);
        }
    }

    private void forget(ServicePortName name) {
        problems.remove(name);
        startingSlowly.remove(name);
        slowStart.forget(name);
    }

    /** Forgets all ports but {@code present}. */
    public void keepOnly(Set<ServicePortName> present) {
        Set<ServicePortName> known = new HashSet<>(problems.keySet());
        known.addAll(startingSlowly);
        known.removeAll(present);
        known.forEach(this::forget);
    }

    /** The planned ports whose new endpoints start slowly. */
    public Set<ServicePortName> startingSlowly() {
        return Set.copyOf(startingSlowly);
    }

    /** The ports to plan anew although nothing about them has changed. */
    public Set<ServicePortName> due() {
        return slowStart.due();
    }

    /** How long until a port is due. */
    public Optional<Duration> nextStep() {
        return slowStart.nextStep();
    }

    /** The annotations that are ignored, once for each Service. */
    public List<Problem> problems() {
        return problems.values().stream().flatMap(List::stream).distinct().toList();
    }
}
