package dev.sluice.ipvs;

import dev.sluice.core.config.GoDuration;
import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.ProblemList;
import dev.sluice.core.model.ServicePort;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.linux.ipvs.RealServer;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * New endpoints of Services that ask for it by annotation get their share little by little: a tenth of their weight at first
 * and a tenth more after each ninth of the time. So that a weight of 1 has tenths, all weights of such a Service are ten
 * times as large in the kernel, which leaves their ratio.
 *
 * <p>New is who comes to a port that has others in force, also who was draining there. After a restart the kernel's own
 * weights tell how far each one has come.
 */
final class SlowStart {
    static final String ANNOTATION = "sluice.dev/slow-start";
    static final int STEPS = 10;
    private static final Duration SHORTEST = Duration.ofSeconds(1);
    private static final Duration LONGEST = Duration.ofHours(1);

    private final LongSupplier nanoTime;
    private final Map<ServicePortName, Rise> rises = new HashMap<>();

    /**
     * The endpoints of a port that have not come to their weight yet.
     *
     * @param begun when each of them began
     * @param nextStep when the first of them gets more, null when there is none
     */
    private record Rise(
            Map<RealServer, Long> begun, @Nullable Long nextStep) {}

    SlowStart(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** The time that the Service's annotation asks for; what cannot be is told to {@code problems}. */
    static Optional<Duration> asked(ServicePort service, Schedulers.Choice choice, ProblemList problems) {
        String text = service.annotations().get(ANNOTATION);
        if (text == null) {
            return Optional.empty();
        }
        Optional<Duration> time =
                GoDuration.parse(text).filter(d -> d.compareTo(SHORTEST) >= 0 && d.compareTo(LONGEST) <= 0);
        if (time.isEmpty()) {
            problems.ignored(
                    Schedulers.field(ANNOTATION),
                    "'" + text + "' is no duration from 1s to 1h such as 30s; new endpoints get their share at once");
            return Optional.empty();
        }
        if (!choice.weighted()) {
            problems.ignored(
                    Schedulers.field(ANNOTATION),
                    "scheduler " + choice.scheduler() + " does not share by weight, so new endpoints get their share at"
                            + " once; take wrr, wlc, lblc, lblcr, sed, nq, mh or twos");
            return Optional.empty();
        }
        return time;
    }

    /** The weights of settled endpoints under slow start. */
    static int full(Endpoint endpoint) {
        return endpoint.weight() * STEPS;
    }

    /**
     * The weights for now.
     *
     * @param inForce the weights that the port's destinations have in the kernel, without those that drain
     */
    ToIntFunction<Endpoint> weights(
            ServicePortName name, Duration time, List<Endpoint> endpoints, Map<RealServer, Integer> inForce) {
        long now = nanoTime.getAsLong();
        Rise known = rises.get(name);
        Map<RealServer, Long> before = known == null ? resumed(endpoints, inForce, time, now) : known.begun();
        Map<RealServer, Long> begun = new HashMap<>();
        Map<RealServer, Integer> steps = new HashMap<>();
        Long next = null;
        for (Endpoint endpoint : endpoints) {
            RealServer server = key(endpoint);
            Long since = before.get(server);
            if (since == null && !inForce.isEmpty() && !inForce.containsKey(server)) {
                since = now;
            }
            int step = since == null ? STEPS : step(now - since, time);
            if (since != null && step < STEPS) {
                begun.put(server, since);
                steps.put(server, step);
                long then = since + startOf(step + 1, time);
                next = next == null || then - next < 0 ? Long.valueOf(then) : next;
            }
        }
        rises.put(name, new Rise(begun, next));
        return endpoint -> endpoint.weight() * steps.getOrDefault(key(endpoint), STEPS);
    }

    /** Where those are that rose when the last process ended: behind the ones that have come farthest. */
    private static Map<RealServer, Long> resumed(
            List<Endpoint> endpoints, Map<RealServer, Integer> inForce, Duration time, long now) {
        Map<RealServer, Integer> steps = new HashMap<>();
        int farthest = 0;
        for (Endpoint endpoint : endpoints) {
            Integer weight = inForce.get(key(endpoint));
            if (weight != null && endpoint.weight() > 0) {
                int step = Math.clamp(weight / endpoint.weight(), 1, STEPS);
                steps.put(key(endpoint), step);
                farthest = Math.max(farthest, step);
            }
        }
        Map<RealServer, Long> begun = new HashMap<>();
        for (Map.Entry<RealServer, Integer> entry : steps.entrySet()) {
            if (entry.getValue() < farthest) {
                begun.put(entry.getKey(), now - startOf(entry.getValue(), time));
            }
        }
        return begun;
    }

    /** When that step begins, in nanoseconds from the first. */
    private static long startOf(int step, Duration time) {
        return Math.ceilDiv((step - 1) * time.toNanos(), STEPS - 1);
    }

    private static int step(long elapsed, Duration time) {
        return elapsed >= time.toNanos() ? STEPS : 1 + (int) (elapsed * (STEPS - 1) / time.toNanos());
    }

    static RealServer key(Endpoint endpoint) {
        return new RealServer(endpoint.address(), endpoint.port(), 0);
    }

    /** The port is gone or has slow start no more. */
    void forget(ServicePortName name) {
        rises.remove(name);
    }

    /** The ports some of whose endpoints are due for more. */
    Set<ServicePortName> due() {
        long now = nanoTime.getAsLong();
        Set<ServicePortName> due = new HashSet<>();
        rises.forEach((name, rise) -> {
            if (rise.nextStep() != null && rise.nextStep() - now <= 0) {
                due.add(name);
            }
        });
        return due;
    }

    /** How long until a port is due; empty when all endpoints have come to their weights. */
    Optional<Duration> nextStep() {
        long now = nanoTime.getAsLong();
        return rises.values().stream()
                .map(Rise::nextStep)
                .filter(step -> step != null)
                .map(step -> Duration.ofNanos(Math.max(0, step - now)))
                .min(Duration::compareTo);
    }
}
