package dev.sluice.userspace;

import dev.sluice.core.config.GoDuration;
import dev.sluice.core.config.Scheduler;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.trace.Packet;
import dev.sluice.core.trace.Trace.Candidate;
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

/**
 * Tells how an endpoint would be chosen for a packet now: the scheduler, weights, who is ejected, and who may be the
 * one.
 */
final class ChoiceText {
    private final Scheduler scheduler;
    private final UpstreamPool pool;
    private final long now;
    private final @Nullable Upstream pinned;
    private final @Nullable Upstream hashed;
    /** Indexes of those that may be chosen. */
    private final int[] open;

    /** @param destination what the proxy takes for it, which with datagrams is always the cluster address */
    ChoiceText(PortBalancer live, UpstreamPool pool, Packet packet, IpAddress destination, long nanoTime) {
        this.pool = pool;
        scheduler = live.policy().scheduler();
        now = nanoTime;
        pinned = live.pinned(pool, packet.source(), nanoTime);
        boolean skipEjected = live.skipsEjected(pool, nanoTime);
        open = IntStream.range(0, pool.size())
                .filter(i -> !skipEjected || pool.upstream(i).ejectedFor(now).isZero())
                .toArray();
        // a process of the node may have any of its addresses
        boolean anySource = packet.origin() == Packet.Origin.NODE && scheduler == Scheduler.SH;
        hashed = anySource ? null : live.hashed(pool, packet.source(), destination, nanoTime);
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
        boolean ignored = open.length == pool.size();
        return "scheduler " + scheduler.text() + " among " + open.length + " endpoints" + weights
                + (ejected.isEmpty() ? "" : ", ejected " + ejected + (ignored ? ", which does not count now" : ""));
    }

    private String list(IntFunction<String> each) {
        return IntStream.of(open).mapToObj(each).collect(Collectors.joining(", "));
    }

    private String weight(int index) {
        return pool.upstream(index) + " " + pool.weight(index);
    }

    private String left(Upstream upstream) {
        Duration left = upstream.ejectedFor(now);
        return left.isZero() ? " (to be tried)" : " for " + GoDuration.format(Duration.ofMillis(left.toMillis()));
    }

    /** Their probabilities are those of many clients, with endpoints as busy as their weights. */
    List<Candidate> candidates() {
        Upstream only = pinned != null ? pinned : hashed;
        if (only != null) {
            return List.of(new Candidate(only.address(), only.port(), 1, true));
        }
        long all = IntStream.of(open).mapToLong(this::share).sum();
        List<Candidate> candidates = new ArrayList<>();
        for (int index : open) {
            Upstream upstream = pool.upstream(index);
            candidates.add(new Candidate(upstream.address(), upstream.port(), (double) share(index) / all, true));
        }
        return candidates;
    }

    private long share(int index) {
        return scheduler.weighted() ? pool.weight(index) : 1;
    }
}
