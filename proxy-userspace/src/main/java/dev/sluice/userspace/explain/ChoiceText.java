// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.explain;

import dev.sluice.core.config.GoDuration;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.trace.Packet;
import dev.sluice.core.trace.Trace.Candidate;
import dev.sluice.userspace.balance.Scheduler;
import dev.sluice.userspace.balance.Upstream;
import dev.sluice.userspace.balance.UpstreamPool;
import dev.sluice.userspace.routing.PortBalancer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Explains how the proxy would choose an endpoint for a packet now: scheduler, weights, ejections and candidates. */
final class ChoiceText {
    private final Scheduler scheduler;
    private final UpstreamPool pool;
    private final long now;
    private final @Nullable Upstream pinned;
    private final @Nullable Upstream hashed;
    /** The indexes of upstreams that may be chosen. */
    private final int[] eligible;

    /** @param destination the one that the proxy knows: for datagrams always the cluster address */
    ChoiceText(PortBalancer balancer, UpstreamPool pool, Packet packet, IpAddress destination, long nanoTime) {
        this.pool = pool;
        scheduler = balancer.policy().scheduler();
        now = nanoTime;
        pinned = balancer.pinned(pool, packet.source(), nanoTime);
        boolean skipEjected = balancer.skipsEjected(pool, nanoTime);
        eligible = IntStream.range(0, pool.size())
                .filter(i -> !skipEjected || pool.upstream(i).ejectedFor(now).isZero())
                .toArray();
        // a process of the node may send from any of its addresses
        boolean anySource = packet.origin() == Packet.Origin.NODE && scheduler == Scheduler.SH;
        hashed = anySource ? null : balancer.hashed(pool, packet.source(), destination, nanoTime);
    }

    String text() {
        if (pinned != null) {
            return "session affinity";
        }
        String weights = scheduler.weighted() && !pool.isUniform() ? ", weights " + list(this::weight) : "";
        String ejected = IntStream.range(0, pool.size())
                .filter(i -> pool.upstream(i).isEjected())
                .mapToObj(i -> pool.upstream(i) + left(pool.upstream(i)))
                .collect(Collectors.joining(", "));
        boolean ignored = eligible.length == pool.size();
        return "scheduler " + scheduler.text() + " among " + eligible.length + " endpoints" + weights
                + (ejected.isEmpty() ? "" : ", ejected " + ejected + (ignored ? ", which does not count now" : ""));
    }

    private String list(IntFunction<String> each) {
        return IntStream.of(eligible).mapToObj(each).collect(Collectors.joining(", "));
    }

    private String weight(int index) {
        return pool.upstream(index) + " " + pool.weight(index);
    }

    private String left(Upstream upstream) {
        Duration left = upstream.ejectedFor(now);
        return left.isZero() ? " (to be tried)" : " for " + GoDuration.format(Duration.ofMillis(left.toMillis()));
    }

    /** The candidates, with probabilities as for many clients, and endpoints as busy as their weights say. */
    List<Candidate> candidates() {
        Upstream only = pinned != null ? pinned : hashed;
        if (only != null) {
            return List.of(new Candidate(only.address(), only.port(), 1, true));
        }
        long sum = IntStream.of(eligible).mapToLong(this::share).sum();
        List<Candidate> candidates = new ArrayList<>();
        for (int index : eligible) {
            Upstream upstream = pool.upstream(index);
            candidates.add(new Candidate(upstream.address(), upstream.port(), (double) share(index) / sum, true));
        }
        return candidates;
    }

    private long share(int index) {
        return scheduler.weighted() ? pool.weight(index) : 1;
    }
}
