package dev.sluice.userspace.routing;

import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.model.ServicePort;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.IpAddress;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A service port as the event loops see it: the endpoints of now, and what the balancing remembers across their changes.
 * The sync thread replaces the endpoints; loops choose among them without a lock.
 */
public final class LiveService {
    private final AtomicInteger cursor = new AtomicInteger();
    private final Affinity affinity = new Affinity();
    private volatile ResolvedPort resolved;

    public LiveService(ResolvedPort resolved) {
        this.resolved = resolved;
    }

    public ServicePortName name() {
        return resolved.name();
    }

    public ResolvedPort resolved() {
        return resolved;
    }

    /** Puts other endpoints or attributes in force. New connections see them at once; open ones go on. */
    public void update(ResolvedPort port) {
        resolved = port;
        if (port.service().hasAffinity()) {
            affinity.keepOnly(port.endpoints().all());
        } else {
            affinity.clear();
        }
    }

    /** The endpoints that a new connection may go to. */
    public List<Endpoint> endpoints(Scope scope, boolean localClient) {
        ResolvedPort port = resolved;
        return switch (scope) {
            case INTERNAL -> port.internalEndpoints();
            // local clients are short-circuited: the external policy does not bind them
            case EXTERNAL -> localClient ? port.endpoints().cluster() : port.externalEndpoints();
        };
    }

    /**
     * The endpoints for a datagram, of which only the service port is known and not the address that it was sent to. Where
     * the policies differ, clients of this node are taken to have used the cluster address and others an external one; the
     * rules have admitted the datagram, so when that policy allows no endpoint, the other one was meant.
     */
    public List<Endpoint> datagramEndpoints(boolean localClient) {
        ServicePort service = resolved.service();
        boolean same = service.internalPolicyLocal() == service.externalPolicyLocal();
        List<Endpoint> allowed = endpoints(same || localClient ? Scope.INTERNAL : Scope.EXTERNAL, localClient);
        return allowed.isEmpty() ? resolved.endpoints().reachable() : allowed;
    }

    /** Starts the choice for one new connection or flow among {@code allowed}. */
    public Attempts choose(List<Endpoint> allowed, IpAddress client, long nanoTime) {
        Endpoint pinned = pinned(allowed, client, nanoTime);
        int turn = pinned != null ? 0 : cursor.getAndIncrement() & Integer.MAX_VALUE;
        return new Attempts(allowed, pinned, allowed.isEmpty() ? 0 : turn % allowed.size());
    }

    /** The endpoint that session affinity holds {@code client} to. */
    public @Nullable Endpoint pinned(List<Endpoint> allowed, IpAddress client, long nanoTime) {
        int seconds = resolved.service().affinitySeconds();
        return seconds == 0 ? null : affinity.pinned(client, allowed, seconds, nanoTime);
    }

    /** Remembers that {@code client} was served by {@code endpoint}. */
    public void served(IpAddress client, Endpoint endpoint, long nanoTime) {
        int seconds = resolved.service().affinitySeconds();
        if (seconds != 0) {
            affinity.pin(client, endpoint, seconds, nanoTime);
        }
    }

    /** Whether {@code endpoint} still answers, so that a UDP flow may stay with it. */
    public boolean keepsFlowsTo(Endpoint endpoint) {
        for (Endpoint known : resolved.endpoints().all()) {
            if (known.port() == endpoint.port() && known.address().equals(endpoint.address())) {
                return known.serving();
            }
        }
        return false;
    }
}
