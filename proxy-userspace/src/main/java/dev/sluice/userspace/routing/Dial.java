package dev.sluice.userspace.routing;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.Protocol;
import dev.sluice.userspace.balance.Pool;
import dev.sluice.userspace.balance.Target;
import dev.sluice.userspace.balance.Tried;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The way of one TCP connection to an endpoint: whom to dial, whom next when that fails, and for how long. A failed attempt is
 * repeated with endpoints that have not been tried, and with these again when there are no others, as long as attempts are
 * left. Used on one event loop; it opens no socket itself.
 */
public final class Dial {
    private final RoutingTable table;
    private final Route route;
    private final IpAddress client;
    private final IpAddress destination;
    private final List<Duration> timeouts;
    private final long began;
    private @Nullable Tried tried;
    private @Nullable Target target;
    private int attempts;

    /**
     * @param destination what the client connected to
     * @param usual the time-outs of the attempts, unless the Service has its own
     */
    public Dial(
            RoutingTable table,
            Route route,
            IpAddress client,
            IpAddress destination,
            List<Duration> usual,
            long nanoTime) {
        this.table = table;
        this.route = route;
        this.client = client;
        this.destination = destination;
        List<Duration> own = route.service().policy().connectTimeouts();
        timeouts = own.isEmpty() ? usual : own;
        began = nanoTime;
    }

    public LiveService service() {
        return route.service();
    }

    /** How many have been dialled. */
    public int attempts() {
        return attempts;
    }

    /** Who is to be dialled now, and counts as busy from now on; null when nobody is left. */
    public @Nullable Target next(long nanoTime) {
        Target next = attempts == timeouts.size() ? null : usable(nanoTime);
        if (next != null) {
            if (attempts++ > 0) {
                service().counters().retry();
            }
            target = next;
            next.opened();
        }
        return next;
    }

    private @Nullable Target usable(long nanoTime) {
        LiveService service = service();
        Pool allowed = service.endpoints(route.scope(), table.locality().isLocal(client));
        for (int i = 0; i < timeouts.size(); i++) {
            Target next = service.choose(allowed, client, destination, tried, nanoTime);
            if (next == null && tried != null) {
                tried.clear();
                next = service.choose(allowed, client, destination, tried, nanoTime);
            }
            if (next == null || !table.leadsBack(Protocol.TCP, next.address(), next.port())) {
                return next;
            }
            giveUp(next);
        }
        return null;
    }

    private void giveUp(Target other) {
        Tried present = tried;
        if (present == null) {
            present = new Tried();
            tried = present;
        }
        present.add(other);
    }

    /** How long the present attempt may take, in milliseconds, at least 1. */
    public int timeoutMillis() {
        long millis = timeouts.get(attempts - 1).toMillis();
        return Math.clamp(millis, 1, Integer.MAX_VALUE);
    }

    /** The present attempt has failed. */
    public void failed(long nanoTime) {
        Target present = target;
        if (present != null) {
            present.closed();
            target = null;
            giveUp(present);
            service().failed(present, nanoTime);
        }
    }

    /** The present attempt has led to a connection; answers how long that took in all, in nanoseconds. */
    public long taken(long nanoTime) {
        long time = nanoTime - began;
        Target present = target;
        if (present != null) {
            service().served(client, present, nanoTime);
            service().counters().connected(time);
        }
        return time;
    }

    /** The connection is over, or nobody waits for it any more. */
    public void ended() {
        Target present = target;
        if (present != null) {
            present.closed();
            target = null;
        }
    }
}
