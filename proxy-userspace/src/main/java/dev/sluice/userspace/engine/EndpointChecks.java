// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import dev.sluice.userspace.balance.Outage;
import dev.sluice.userspace.balance.Upstream;
import dev.sluice.userspace.balance.UpstreamPool;
import dev.sluice.userspace.routing.HealthCheck;
import dev.sluice.userspace.routing.PortBalancer;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The health checks of all endpoints of this node, on one event loop. However many Services request checks, at most
 * {@value #MOST_AT_ONCE} run at a time and a check begins every {@value #SPACING_MILLIS} ms at the earliest; what this
 * does not allow begins later.
 */
final class EndpointChecks {
    private static final Logger LOG = LoggerFactory.getLogger(EndpointChecks.class);

    private static final int MOST_AT_ONCE = 256;
    private static final int SPACING_MILLIS = 5;
    private static final long SPACING = TimeUnit.MILLISECONDS.toNanos(SPACING_MILLIS);
    /** Checks of many nodes, and of endpoints that were added together, must not fall into step. */
    private static final double JITTER = 0.1;

    private final EventLoop loop;
    private final int mark;
    private final EngineAdders counters;
    private final OutageListener listener;
    /** Those that are or were checked; written by the sync thread. */
    private final Set<PortBalancer> known = ConcurrentHashMap.newKeySet();

    private final Map<PortBalancer, Map<Upstream, Target>> targets = new HashMap<>();
    private final PriorityQueue<Target> waiting = new PriorityQueue<>(Comparator.comparingLong(t -> t.due));
    private @Nullable Future<?> timer;
    private long timerAt;
    private long nextStart = System.nanoTime();
    private int running;

    /** An endpoint that is checked again and again. */
    private static final class Target {
        final PortBalancer balancer;
        final Upstream upstream;
        /** When it is to be checked next, in the time of {@link System#nanoTime}. */
        long due;

        boolean removed;

        Target(PortBalancer balancer, Upstream upstream, long due) {
            this.balancer = balancer;
            this.upstream = upstream;
            this.due = due;
        }
    }

    EndpointChecks(EventLoop loop, int mark, EngineAdders counters, OutageListener listener) {
        this.loop = loop;
        this.mark = mark;
        this.counters = counters;
        this.listener = listener;
    }

    /** Checks the present endpoints of {@code balancer} from now on, as its policy says. Costs nothing without one. */
    void update(PortBalancer balancer) {
        if (balancer.healthCheck() != null) {
            known.add(balancer);
            loop.execute(() -> follow(balancer));
        } else if (known.remove(balancer)) {
            loop.execute(() -> forget(balancer));
        }
    }

    /** Ends the checks of a service port that is removed. */
    void remove(PortBalancer balancer) {
        if (known.remove(balancer)) {
            loop.execute(() -> forget(balancer));
        }
    }

    private void follow(PortBalancer balancer) {
        HealthCheck check = balancer.healthCheck();
        if (check == null) {
            return; // the next task is to forget it
        }
        UpstreamPool pool = balancer.reachable();
        Map<Upstream, Target> before = targets.getOrDefault(balancer, Map.of());
        Map<Upstream, Target> after = new HashMap<>();
        long now = System.nanoTime();
        for (int i = 0; i < pool.size(); i++) {
            Upstream upstream = pool.upstream(i);
            Target present = before.get(upstream);
            after.put(upstream, present != null ? present : added(balancer, upstream, check, now));
        }
        before.values().stream().filter(t -> after.get(t.upstream) != t).forEach(this::drop);
        targets.put(balancer, after);
        schedule();
    }

    private Target added(PortBalancer balancer, Upstream upstream, HealthCheck check, long now) {
        long within = check.interval().toNanos();
        Target target =
                new Target(balancer, upstream, now + ThreadLocalRandom.current().nextLong(within));
        counters.checked.increment();
        waiting.add(target);
        return target;
    }

    private void forget(PortBalancer balancer) {
        Map<Upstream, Target> before = targets.remove(balancer);
        if (before != null) {
            before.values().forEach(target -> {
                drop(target);
                balancer.forgetChecks(target.upstream);
            });
        }
    }

    private void drop(Target target) {
        target.removed = true;
        counters.checked.decrement();
        waiting.remove(target);
    }

    private void schedule() {
        Target next = waiting.peek();
        if (next == null || running >= MOST_AT_ONCE) {
            return;
        }
        long at = next.due - nextStart < 0 ? nextStart : next.due;
        if (timer != null && timerAt - at <= 0) {
            return;
        }
        if (timer != null) {
            timer.cancel(false);
        }
        timerAt = at;
        timer = loop.schedule(this::beginDue, Math.max(0, at - System.nanoTime()), TimeUnit.NANOSECONDS);
    }

    private void beginDue() {
        timer = null;
        long now = System.nanoTime();
        Target next = waiting.peek();
        if (next != null && next.due - now <= 0 && nextStart - now <= 0 && running < MOST_AT_ONCE) {
            waiting.remove();
            nextStart = now + SPACING;
            begin(next);
        }
        schedule();
    }

    private void begin(Target target) {
        HealthCheck check = target.balancer.healthCheck();
        if (check == null || target.removed) {
            return;
        }
        running++;
        counters.checks.increment();
        EndpointCheck.begin(loop, mark, target.balancer, target.upstream, check, new EndpointCheck.Result() {
            @Override
            public void passed() {
                ended(target, check, () -> {
                    if (target.balancer.checkPassed(target.upstream, check)) {
                        changed(target);
                    }
                });
            }

            @Override
            public void failed(String cause) {
                ended(target, check, () -> {
                    if (target.balancer.checkFailed(
                            target.upstream,
                            check,
                            cause,
                            InstantSource.system().instant())) {
                        changed(target);
                    }
                });
            }

            @Override
            public void notMade(String cause) {
                ended(
                        target,
                        check,
                        () -> LOG.atDebug()
                                .addKeyValue("service", target.balancer.name())
                                .addKeyValue("endpoint", target.upstream)
                                .addKeyValue("cause", cause)
                                .log("a health check could not be made"));
            }
        });
    }

    private void ended(Target target, HealthCheck check, Runnable note) {
        running--;
        if (!target.removed) {
            note.run();
            double factor = 1 + JITTER * (2 * ThreadLocalRandom.current().nextDouble() - 1);
            target.due = System.nanoTime() + (long) (check.interval().toNanos() * factor);
            waiting.add(target);
        }
        schedule();
    }

    private void changed(Target target) {
        Outage outage = target.upstream.outage();
        if (outage == null) {
            LOG.atInfo()
                    .addKeyValue("service", target.balancer.name())
                    .addKeyValue("endpoint", target.upstream)
                    .log("an endpoint is healthy again");
        } else {
            LOG.atWarn()
                    .addKeyValue("service", target.balancer.name())
                    .addKeyValue("endpoint", target.upstream)
                    .addKeyValue("cause", outage.cause())
                    .log("an endpoint is unhealthy and gets no new connections");
        }
        listener.changed(target.balancer, target.upstream, outage);
    }
}
