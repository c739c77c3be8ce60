// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.routing;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.Protocol;
import dev.sluice.userspace.balance.ExcludedUpstreams;
import dev.sluice.userspace.balance.Upstream;
import dev.sluice.userspace.balance.UpstreamPool;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The connect attempts of one TCP connection: which endpoint is next, and its timeout. A failed attempt is repeated
 * with an endpoint that has not been tried, or with all of them again when none is left, until the attempts are used
 * up. Used on one event loop; opens no socket itself.
 */
public final class ConnectAttempts {
    private final RoutingTable table;
    private final PortalRoute route;
    private final IpAddress client;
    private final IpAddress destination;
    private final List<Duration> timeouts;
    private final long began;
    private @Nullable ExcludedUpstreams excluded;
    private @Nullable Upstream upstream;
    private int attempts;
    private boolean goesRound;

    /**
     * @param destination the address that the client connected to
     * @param defaults the timeouts of the attempts, unless the Service has its own
     */
    public ConnectAttempts(
            RoutingTable table,
            PortalRoute route,
            IpAddress client,
            IpAddress destination,
            List<Duration> defaults,
            long nanoTime) {
        this.table = table;
        this.route = route;
        this.client = client;
        this.destination = destination;
        List<Duration> own = route.balancer().policy().connectTimeouts();
        timeouts = own.isEmpty() ? defaults : own;
        began = nanoTime;
    }

    public PortBalancer balancer() {
        return route.balancer();
    }

    /** The endpoint of the present attempt, or of the connection; null before, and after a failure or the end. */
    public @Nullable Upstream present() {
        return upstream;
    }

    /** The number of attempts so far. */
    public int count() {
        return attempts;
    }

    /**
     * The endpoint of the next attempt, which counts as busy from now on; null when no attempt or no endpoint is left.
     */
    public @Nullable Upstream next(long nanoTime) {
        Upstream next = attempts == timeouts.size() ? null : usable(nanoTime);
        if (next != null && goesRound(next)) {
            goesRound = true;
            return null;
        }
        if (next != null) {
            if (attempts++ > 0) {
                balancer().counters().retry();
            }
            upstream = next;
            next.opened();
        }
        return next;
    }

    private boolean goesRound(Upstream next) {
        return LoopGuard.isBusy(next)
                && table.find(Protocol.TCP, next.address(), next.port()) != null
                && balancer().goesRound();
    }

    /** Why {@link #next} has returned null. */
    public RefusalReason refusal() {
        if (goesRound) {
            return RefusalReason.LOOP;
        }
        return attempts == 0 ? RefusalReason.NO_ENDPOINT : RefusalReason.CONNECT_FAILED;
    }

    private @Nullable Upstream usable(long nanoTime) {
        PortBalancer balancer = balancer();
        UpstreamPool allowed =
                balancer.endpoints(route.scope(), table.locality().isLocal(client));
        Upstream next = balancer.choose(allowed, client, destination, excluded, nanoTime);
        if (next == null && excluded != null) {
            excluded.clear();
            next = balancer.choose(allowed, client, destination, excluded, nanoTime);
        }
        return next;
    }

    private void exclude(Upstream upstream) {
        ExcludedUpstreams present = excluded;
        if (present == null) {
            present = new ExcludedUpstreams();
            excluded = present;
        }
        present.add(upstream);
    }

    /** The client's address where {@code next} is to see it, null for the node's. */
    public @Nullable IpAddress sourceFor(Upstream next) {
        boolean kept = table.sources().keeps(route.balancer(), route.scope(), client, next.address(), table.locality());
        return kept ? client : null;
    }

    /** The timeout of the present attempt in milliseconds, at least 1. */
    public int timeoutMillis() {
        long millis = timeouts.get(attempts - 1).toMillis();
        return Math.clamp(millis, 1, Integer.MAX_VALUE);
    }

    /** Notes that the present attempt has failed. */
    public void failed(long nanoTime) {
        Upstream present = upstream;
        if (present != null) {
            present.closed();
            upstream = null;
            exclude(present);
            balancer().failed(present, nanoTime);
        }
    }

    /** Notes that the present attempt has succeeded; returns the time of all attempts in nanoseconds. */
    public long succeeded(long nanoTime) {
        long time = nanoTime - began;
        Upstream present = upstream;
        if (present != null) {
            balancer().connected(client, present, nanoTime);
            balancer().counters().connected(time);
        }
        return time;
    }

    /** Notes that the connection has ended, or that its client has left. */
    public void ended() {
        Upstream present = upstream;
        if (present != null) {
            present.closed();
            upstream = null;
        }
    }
}
