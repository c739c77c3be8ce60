// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.balance;

import dev.sluice.core.model.AnnotationReader;
import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.ProblemList;
import dev.sluice.core.model.ServicePort;
import dev.sluice.core.model.ServicePortName;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Slow start: with the annotation, new endpoints of a Service begin at a tenth of their weight and gain a tenth after
 * each ninth of the time. All weights of such a Service are multiplied by ten, so that a weight of 1 has tenths.
 *
 * <p>An endpoint is new when it is added to a port that has others, also when it was draining there. After a restart
 * the applied weights show how far each one has got.
 *
 * @param <K> the mode's key of an endpoint
 */
public final class SlowStart<K> {
    public static final String ANNOTATION = "sluice.dev/slow-start";
    /** The factor of weights under slow start. */
    public static final int STEPS = 10;

    private static final Duration SHORTEST = Duration.ofSeconds(1);
    private static final Duration LONGEST = Duration.ofHours(1);

    private final LongSupplier nanoTime;
    private final Function<Endpoint, K> key;
    private final Map<ServicePortName, Rise<K>> rises = new HashMap<>();

    /**
     * The endpoints of a port that have not reached their weight yet.
     *
     * @param begun when each of them began
     * @param nextStep when the first of them gets more, null when there is none
     */
    private record Rise<K>(Map<K, Long> begun, @Nullable Long nextStep) {}

    /** @param nanoTime a clock that does not jump */
    public SlowStart(LongSupplier nanoTime, Function<Endpoint, K> key) {
        this.nanoTime = nanoTime;
        this.key = key;
    }

    /**
     * The time that the Service's annotation requests; an invalid value is reported to {@code problems}.
     *
     * @param scheduler the current one
     * @param byWeight the schedulers that use weights, for the message; null when the current one does
     */
    public static Optional<Duration> requested(
            ServicePort service, String scheduler, @Nullable String byWeight, ProblemList problems) {
        Optional<Duration> time = new AnnotationReader(service, problems)
                .duration(
                        ANNOTATION,
                        SHORTEST,
                        LONGEST,
                        "from 1s to 1h such as 30s",
                        "new endpoints get their share at once");
        if (time.isPresent() && byWeight != null) {
            problems.ignored(
                    AnnotationReader.field(ANNOTATION),
                    "scheduler " + scheduler
                            + " does not share by weight, so new endpoints get their share at once; take " + byWeight);
            return Optional.empty();
        }
        return time;
    }

    /** The weight of an endpoint that has finished its slow start. */
    public static int full(Endpoint endpoint) {
        return endpoint.weight() * STEPS;
    }

    /**
     * The weights at present.
     *
     * @param applied the weights that the port's endpoints have now, without those that drain
     */
    public ToIntFunction<Endpoint> weights(
            ServicePortName name, Duration time, List<Endpoint> endpoints, Map<K, Integer> applied) {
        long now = nanoTime.getAsLong();
        Rise<K> rise = rises.get(name);
        Map<K, Long> before = rise == null ? resumed(endpoints, applied, time, now) : rise.begun();
        Map<K, Long> begun = new HashMap<>();
        Map<K, Integer> steps = new HashMap<>();
        Long next = null;
        for (Endpoint endpoint : endpoints) {
            K known = key.apply(endpoint);
            Long since = before.get(known);
            if (since == null && !applied.isEmpty() && !applied.containsKey(known)) {
                since = now;
            }
            int step = since == null ? STEPS : step(now - since, time);
            if (since != null && step < STEPS) {
                begun.put(known, since);
                steps.put(known, step);
                long then = since + startOf(step + 1, time);
                next = next == null || then - next < 0 ? Long.valueOf(then) : next;
            }
        }
        rises.put(name, new Rise<>(begun, next));
        return endpoint -> endpoint.weight() * steps.getOrDefault(key.apply(endpoint), STEPS);
    }

    /** The endpoints that were rising when the last process ended: those behind the most advanced ones. */
    private Map<K, Long> resumed(List<Endpoint> endpoints, Map<K, Integer> applied, Duration time, long now) {
        Map<K, Integer> steps = new HashMap<>();
        int farthest = 0;
        for (Endpoint endpoint : endpoints) {
            Integer weight = applied.get(key.apply(endpoint));
            if (weight != null && endpoint.weight() > 0) {
                int step = Math.clamp(weight / endpoint.weight(), 1, STEPS);
                steps.put(key.apply(endpoint), step);
                farthest = Math.max(farthest, step);
            }
        }
        Map<K, Long> begun = new HashMap<>();
        for (Map.Entry<K, Integer> entry : steps.entrySet()) {
            if (entry.getValue() < farthest) {
                begun.put(entry.getKey(), now - startOf(entry.getValue(), time));
            }
        }
        return begun;
    }

    /** The start of {@code step}, in nanoseconds from the first. */
    private static long startOf(int step, Duration time) {
        return Math.ceilDiv((step - 1) * time.toNanos(), STEPS - 1);
    }

    private static int step(long elapsed, Duration time) {
        return elapsed >= time.toNanos() ? STEPS : 1 + (int) (elapsed * (STEPS - 1) / time.toNanos());
    }

    /** Forgets a port that is deleted or no longer has slow start. */
    public void forget(ServicePortName name) {
        rises.remove(name);
    }

    /** The ports with endpoints that are due for a larger share. */
    public Set<ServicePortName> due() {
        long now = nanoTime.getAsLong();
        Set<ServicePortName> due = new HashSet<>();
        rises.forEach((name, rise) -> {
            if (rise.nextStep() != null && rise.nextStep() - now <= 0) {
                due.add(name);
            }
        });
        return due;
    }

    /** The time until a port is due; empty when all endpoints have reached their weights. */
    public Optional<Duration> nextStep() {
        long now = nanoTime.getAsLong();
        return rises.values().stream()
                .map(Rise::nextStep)
                .filter(step -> step != null)
                .map(step -> Duration.ofNanos(Math.max(0, step - now)))
                .min(Duration::compareTo);
    }
}
