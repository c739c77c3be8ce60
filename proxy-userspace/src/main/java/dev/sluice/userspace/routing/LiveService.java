package dev.sluice.userspace.routing;

import dev.sluice.core.config.Scheduler;
import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.IpAddress;
import dev.sluice.userspace.balance.Chooser;
import dev.sluice.userspace.balance.Pool;
import dev.sluice.userspace.balance.Target;
import dev.sluice.userspace.balance.Tried;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * A service port as the event loops see it: the endpoints of now, and what the balancing remembers across their changes.
 * The sync thread replaces the endpoints; loops choose among them without a lock.
 */
public final class LiveService {
    private final Chooser chooser = new Chooser();
    private final Affinity affinity = new Affinity();
    private final ServiceCounters counters = new ServiceCounters();
    private final AtomicInteger open = new AtomicInteger();
    private volatile PortState state;

    /** With endpoints in turn. */
    public LiveService(ResolvedPort resolved) {
        this(resolved, ServicePolicy.of(Scheduler.RR), Endpoint::weight);
    }

    /** As {@link #update}. */
    public LiveService(ResolvedPort resolved, ServicePolicy policy, ToIntFunction<Endpoint> weights) {
        state = PortState.of(resolved, policy, weights, Map.of());
    }

    public ServicePortName name() {
        return state.port().name();
    }

    public ResolvedPort resolved() {
        return state.port();
    }

    public ServicePolicy policy() {
        return state.policy();
    }

    public ServiceCounters counters() {
        return counters;
    }

    /** Puts other endpoints in force, under the same policy and with the weights that they have. */
    public void update(ResolvedPort port) {
        update(port, state.policy(), Endpoint::weight);
    }

    /**
     * Puts other endpoints or attributes in force. New connections see them at once; open ones go on.
     *
     * @param weights of endpoints; with 0 one gets no new connections
     */
    public void update(ResolvedPort port, ServicePolicy policy, ToIntFunction<Endpoint> weights) {
        Map<Target.Key, Target> before = state.targets();
        PortState next = PortState.of(port, policy, weights, before);
        state = next;
        before.forEach((key, target) -> {
            if (!next.targets().containsKey(key)) {
                chooser.left(target);
            }
        });
        if (port.service().hasAffinity()) {
            affinity.keepOnly(next.targets().keySet());
        } else {
            affinity.clear();
        }
    }

    /** The endpoints that a new connection may go to. */
    public Pool endpoints(Scope scope, boolean localClient) {
        return state.endpoints(scope, localClient);
    }

    /**
     * The endpoints for a datagram, of which only the service port is known and not the address that it was sent to. Where
     * the policies differ, clients of this node are taken to have used the cluster address and others an external one; the
     * rules have admitted the datagram, so when that policy allows no endpoint, the other one was meant.
     */
    public Pool datagramEndpoints(boolean localClient) {
        return state.datagramEndpoints(localClient);
    }

    /** Every endpoint that some traffic may be sent to. */
    public Pool reachable() {
        return state.reachable();
    }

    /**
     * The endpoint that a new connection or flow is to go to.
     *
     * @param destination what the client connected to
     * @param tried who has failed for this connection; null at first, which is when session affinity counts
     * @return null when all of {@code allowed} have been tried, or there is none
     */
    public @Nullable Target choose(
            Pool allowed, IpAddress client, IpAddress destination, @Nullable Tried tried, long nanoTime) {
        if (tried == null) {
            Target pinned = pinned(allowed, client, nanoTime);
            if (pinned != null && chooser.claim(allowed, pinned, nanoTime)) {
                return pinned;
            }
        }
        return chooser.choose(state.policy().scheduler(), allowed, client, destination, tried, nanoTime);
    }

    /** The endpoint that session affinity holds {@code client} to, unless it is ejected. */
    public @Nullable Target pinned(Pool allowed, IpAddress client, long nanoTime) {
        int seconds = state.port().service().affinitySeconds();
        if (seconds == 0) {
            return null;
        }
        Target pinned = affinity.pinned(client, allowed, seconds, nanoTime);
        return pinned != null && chooser.admits(allowed, pinned, nanoTime) ? pinned : null;
    }

    /** Where a hash leads a client at present; null with schedulers that do not go by one. */
    public @Nullable Target hashed(Pool allowed, IpAddress client, IpAddress destination, long nanoTime) {
        Scheduler scheduler = state.policy().scheduler();
        boolean byHash = scheduler == Scheduler.SH || scheduler == Scheduler.DH;
        return byHash ? chooser.look(scheduler, allowed, client, destination, nanoTime) : null;
    }

    /** Whether an ejected endpoint gets no connections of {@code allowed}. */
    public boolean mindsEjections(Pool allowed, long nanoTime) {
        return chooser.minds(allowed, nanoTime);
    }

    /** Remembers that {@code client} was served by {@code target}. */
    public void served(IpAddress client, Target target, long nanoTime) {
        reached(target);
        pin(client, target, nanoTime);
    }

    /** Remembers that {@code target} answers. */
    public void reached(Target target) {
        chooser.succeeded(target);
    }

    /** Under session affinity, holds {@code client} to {@code target} from now on. */
    public void pin(IpAddress client, Target target, long nanoTime) {
        int seconds = state.port().service().affinitySeconds();
        if (seconds != 0) {
            affinity.pin(client, target.key(), seconds, nanoTime);
        }
    }

    /** Remembers that {@code target} did not take a connection. */
    public void failed(Target target, long nanoTime) {
        if (chooser.failed(target, nanoTime)) {
            counters.ejection();
        }
    }

    /** Takes a place for one more connection, which {@link #leave} gives back; answers whether there is one. */
    public boolean enter() {
        int limit = state.policy().maxConnections();
        int present = open.get();
        // one that is over the limit must not count for a moment: another loop would refuse one that is not
        while ((limit == 0 || present < limit) && !open.compareAndSet(present, present + 1)) {
            present = open.get();
        }
        if (limit > 0 && present >= limit) {
            counters.refused(Refusal.CONNECTION_LIMIT);
            return false;
        }
        counters.connection();
        return true;
    }

    public void leave() {
        open.decrementAndGet();
    }

    /** Connections that are open, and flows of UDP. */
    public int open() {
        return open.get();
    }

    /** Whether {@code target} still answers, so that a UDP flow may stay with it. */
    public boolean keepsFlowsTo(Target target) {
        return state.serving().contains(target.key());
    }
}
