// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.routing;

import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.net.SocketAddress;
import dev.sluice.userspace.balance.Chooser;
import dev.sluice.userspace.balance.ExcludedUpstreams;
import dev.sluice.userspace.balance.Scheduler;
import dev.sluice.userspace.balance.Skips;
import dev.sluice.userspace.balance.Upstream;
import dev.sluice.userspace.balance.UpstreamPool;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * A service port as the event loops see it: its present endpoints and policy, and what outlives their changes, which is
 * session affinity, open connections, ejections and counters. The sync thread replaces the endpoints; loops choose
 * among them without a lock.
 */
public final class PortBalancer {
    private final Chooser chooser = new Chooser();
    private final AffinityTable affinity = new AffinityTable();
    private final PortCounters counters = new PortCounters();
    private final LoopGuard loops = new LoopGuard();
    private final AtomicInteger open = new AtomicInteger();
    private volatile PortPools pools;

    /** A balancer that takes endpoints in turn. */
    public PortBalancer(ResolvedPort resolved) {
        this(resolved, ConnectionPolicy.of(Scheduler.RR), Endpoint::weight);
    }

    /** As {@link #update}. */
    public PortBalancer(ResolvedPort resolved, ConnectionPolicy policy, ToIntFunction<Endpoint> weights) {
        pools = PortPools.of(resolved, policy, weights, Map.of());
    }

    public ServicePortName name() {
        return pools.port().name();
    }

    public ResolvedPort resolved() {
        return pools.port();
    }

    public ConnectionPolicy policy() {
        return pools.policy();
    }

    public PortCounters counters() {
        return counters;
    }

    /** Replaces the endpoints, under the same policy and with their own weights. */
    public void update(ResolvedPort port) {
        update(port, pools.policy(), Endpoint::weight);
    }

    /**
     * Replaces the endpoints and the policy. New connections see them at once; open ones go on.
     *
     * @param weights of endpoints; one of weight 0 gets no new connections
     */
    public void update(ResolvedPort port, ConnectionPolicy policy, ToIntFunction<Endpoint> weights) {
        Map<SocketAddress, Upstream> before = pools.upstreams();
        PortPools next = PortPools.of(port, policy, weights, before);
        pools = next;
        before.forEach((key, upstream) -> {
            if (!next.upstreams().containsKey(key)) {
                chooser.removed(upstream);
            }
        });
        if (port.service().hasAffinity()) {
            affinity.keepOnly(next.upstreams().keySet());
        } else {
            affinity.clear();
        }
    }

    /** The endpoints that a new connection may go to. */
    public UpstreamPool endpoints(PortalScope scope, boolean localClient) {
        return pools.endpoints(scope, localClient);
    }

    /** The endpoints that any traffic may be sent to. */
    public UpstreamPool reachable() {
        return pools.reachable();
    }

    /**
     * Chooses the endpoint of a new connection or flow.
     *
     * @param destination the address that the client connected to
     * @param excluded the upstreams not to try again; null at first, which is when session affinity counts
     * @return null when none of {@code allowed} is left
     */
    public @Nullable Upstream choose(
            UpstreamPool allowed,
            IpAddress client,
            IpAddress destination,
            @Nullable ExcludedUpstreams excluded,
            long nanoTime) {
        if (excluded == null) {
            Upstream pinned = pinned(allowed, client, nanoTime);
            if (pinned != null && chooser.claim(allowed, pinned, nanoTime)) {
                return pinned;
            }
        }
        return chooser.choose(pools.policy().scheduler(), allowed, client, destination, excluded, nanoTime);
    }

    /** The endpoint of {@code client} by session affinity, unless it is ejected. */
    public @Nullable Upstream pinned(UpstreamPool allowed, IpAddress client, long nanoTime) {
        int seconds = pools.port().service().affinitySeconds();
        if (seconds == 0) {
            return null;
        }
        Upstream pinned = affinity.pinned(client, allowed, seconds, nanoTime);
        return pinned != null && chooser.admits(allowed, pinned, nanoTime) ? pinned : null;
    }

    /** The endpoint of {@code client} by hash at present, null under a scheduler without a hash. */
    public @Nullable Upstream hashed(UpstreamPool allowed, IpAddress client, IpAddress destination, long nanoTime) {
        Scheduler scheduler = pools.policy().scheduler();
        boolean byHash = scheduler == Scheduler.SH || scheduler == Scheduler.DH;
        return byHash ? chooser.hashed(scheduler, allowed, client, destination, nanoTime) : null;
    }

    /** Which endpoints of {@code allowed} new connections skip. */
    public Skips skips(UpstreamPool allowed, long nanoTime) {
        return chooser.skips(allowed, nanoTime);
    }

    /** Notes that {@code upstream} has accepted a connection of {@code client}. */
    public void connected(IpAddress client, Upstream upstream, long nanoTime) {
        answered(upstream);
        pin(client, upstream, nanoTime);
    }

    /** Notes that {@code upstream} answers. */
    public void answered(Upstream upstream) {
        chooser.succeeded(upstream);
    }

    /** Under session affinity, keeps {@code client} at {@code upstream} from now on. */
    public void pin(IpAddress client, Upstream upstream, long nanoTime) {
        int seconds = pools.port().service().affinitySeconds();
        if (seconds != 0) {
            affinity.pin(client, upstream.key(), seconds, nanoTime);
        }
    }

    /** Notes that {@code upstream} has not accepted a connection. */
    public void failed(Upstream upstream, long nanoTime) {
        if (chooser.failed(upstream, nanoTime)) {
            counters.ejection();
        }
    }

    /** The check that the Service requests for its endpoints; null for none. */
    public @Nullable HealthCheck healthCheck() {
        return pools.port().service().protocol() == Protocol.TCP
                ? pools.policy().healthCheck()
                : null;
    }

    /** Notes that {@code check} of {@code upstream} has passed; returns whether that makes it healthy again. */
    public boolean checkPassed(Upstream upstream, HealthCheck check) {
        counters.check(true);
        return chooser.checkPassed(upstream, check.rise());
    }

    /** Notes that {@code check} of {@code upstream} has failed; returns whether that makes it unhealthy. */
    public boolean checkFailed(Upstream upstream, HealthCheck check, String cause, Instant now) {
        counters.check(false);
        return chooser.checkFailed(upstream, check.fall(), cause, now);
    }

    /** Notes that {@code upstream} is not checked any more. */
    public void forgetChecks(Upstream upstream) {
        chooser.forgetChecks(upstream);
    }

    /** Whether connections to an endpoint that is a portal seem to go round between nodes, one more counted. */
    boolean goesRound() {
        return loops.goesRound(counters.bytesOut().sum());
    }

    /** Admits one more connection, until {@link #release}, if the policy's limit allows it. */
    public boolean admit() {
        int limit = pools.policy().maxConnections();
        int present = open.get();
        // a connection over the limit must never count, not even for a moment: another loop would refuse one within it
        while ((limit == 0 || present < limit) && !open.compareAndSet(present, present + 1)) {
            present = open.get();
        }
        if (limit > 0 && present >= limit) {
            counters.refused(RefusalReason.CONNECTION_LIMIT);
            return false;
        }
        counters.connection();
        return true;
    }

    /** Notes that an admitted connection has ended. */
    public void release() {
        open.decrementAndGet();
    }

    /** The open connections and UDP flows. */
    public int open() {
        return open.get();
    }

    /** Whether a UDP flow to {@code upstream} may go on: it still answers, and the policy allows it. */
    public boolean keepsFlow(Upstream upstream, PortalScope scope, boolean localClient) {
        return pools.keepsFlow(upstream.key(), scope, localClient);
    }
}
