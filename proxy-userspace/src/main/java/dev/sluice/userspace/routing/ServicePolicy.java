package dev.sluice.userspace.routing;

import dev.sluice.core.config.Scheduler;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a Service asks for beside the API's fields.
 *
 * @param slowStart how long a new endpoint takes to come to its weight, null for at once
 * @param connectTimeouts the time-out of each connect attempt; empty for what the proxy does for everybody
 * @param idleTimeout after how long without a byte a TCP connection is reset, null for never
 * @param maxAge how old a TCP connection may become, null for no limit
 * @param maxConnections of the service port on this node, 0 for no limit
 * @param proxyProtocol what tells a TCP endpoint who its client is, null for nothing
 */
public record ServicePolicy(
        Scheduler scheduler,
        @Nullable Duration slowStart,
        List<Duration> connectTimeouts,
        @Nullable Duration idleTimeout,
        @Nullable Duration maxAge,
        int maxConnections,
        @Nullable ProxyProtocol proxyProtocol) {

    public ServicePolicy {
        connectTimeouts = List.copyOf(connectTimeouts);
    }

    /** Nothing but a scheduler. */
    public static ServicePolicy of(Scheduler scheduler) {
        return new ServicePolicy(scheduler, null, List.of(), null, null, 0, null);
    }
}
