// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.net.SocketAddress;
import dev.sluice.linux.Errno;
import dev.sluice.userspace.balance.Upstream;
import dev.sluice.userspace.routing.ConnectAttempts;
import dev.sluice.userspace.routing.PortBalancer;
import dev.sluice.userspace.routing.PortalRoute;
import dev.sluice.userspace.routing.ProxyProtocol;
import dev.sluice.userspace.routing.RefusalReason;
import dev.sluice.userspace.routing.RoutingTable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client connection and the connection to the endpoint that serves it, both on one event loop, from the accept to
 * the close.
 *
 * <p>The client is accepted but not read from until an endpoint has accepted the connection. A connect that fails or
 * times out is repeated with another endpoint, see {@link ConnectAttempts}. When all attempts are used up the client is
 * reset, so that it sees an error and not an empty answer.
 */
final class TcpRelay extends RelayedSockets {
    private static final Logger LOG = LoggerFactory.getLogger(TcpRelay.class);
    private static final byte[] NO_HEADER = {};

    private final RoutingTable table;
    private final SocketAddress clientAddress;

    /** Null until a service port admits the connection, and after its client has left. */
    private @Nullable ConnectAttempts attempts;

    private byte[] header = NO_HEADER;
    /** When the connect under way is given up. */
    private long deadline;

    private boolean connecting;
    /** Null without limits of the Service. */
    private @Nullable Lifetime lifetime;

    private boolean left;
    /** The links of {@link OpenRelays}. */
    @Nullable
    TcpRelay older;

    @Nullable
    TcpRelay newer;

    boolean keptAlive;

    /** @param accepted the descriptor of the client's connection */
    TcpRelay(LoopContext context, RoutingTable table, int accepted, SocketAddress clientAddress) {
        super(context, accepted);
        this.table = table;
        this.clientAddress = clientAddress;
    }

    void start(OriginalDestinations destinations) {
        context.opened(this);
        if (context.exceedsConnectionLimit()) {
            refuse("the limit of open connections is reached");
            return;
        }
        SocketAddress portal = destinations.of(context.sockets, client.number(), table.family());
        if (portal == null) {
            refuse("its original destination is unknown");
            return;
        }
        PortalRoute route = table.find(Protocol.TCP, portal.address(), portal.port());
        if (route == null) {
            refuse("no Service has " + portal + "/TCP");
            return;
        }
        PortBalancer balancer = route.balancer();
        if (!balancer.admit()) {
            refuse(balancer.name() + " has reached its limit of connections");
            return;
        }
        long now = System.nanoTime();
        ConnectAttempts begun = new ConnectAttempts(
                table,
                route,
                clientAddress.address(),
                portal.address(),
                context.options.userspace().connectTimeouts(),
                now);
        attempts = begun;
        ProxyProtocol protocol = balancer.policy().proxyProtocol();
        if (protocol != null) {
            header = protocol.header(clientAddress.address(), clientAddress.port(), portal.address(), portal.port());
        }
        connect(begun, now);
    }

    private void connect(ConnectAttempts begun, long now) {
        PortBalancer balancer = begun.balancer();
        Upstream next = begun.next(now);
        if (next == null) {
            refuse(
                    balancer,
                    begun.refusal(),
                    "it has no endpoint that accepts it, after " + begun.count() + " attempts");
            return;
        }
        if (begun.count() > 1) {
            context.counters.retries.increment();
        }
        IpAddress source = begun.sourceFor(next);
        int socket = EndpointSockets.open(context, table.family(), source);
        if (socket < 0) {
            // out of descriptors or memory: another endpoint would not help
            refuse(balancer, RefusalReason.NO_SOCKET, "no socket to " + next + ": " + Errno.describe(-socket));
            return;
        }
        RelaySocket opened = new RelaySocket(context, this, socket);
        endpoint = opened;
        int failed = EndpointSockets.connect(context, socket, next, source);
        if (failed != 0) {
            connectFailed(begun, next, source, failed, now);
        } else if (opened.register()) {
            connecting = true;
            deadline = now + TimeUnit.MILLISECONDS.toNanos(begun.timeoutMillis());
            context.connects.add(this);
        } else {
            refuse(balancer, RefusalReason.NO_SOCKET, "epoll takes no further socket");
        }
    }

    /** @param error an errno */
    private void connectFailed(
            ConnectAttempts begun, Upstream upstream, @Nullable IpAddress source, int error, long now) {
        connecting = false;
        RelaySocket failed = endpoint;
        endpoint = null;
        if (failed != null) {
            failed.close(false);
        }
        if (source != null && (error == Errno.EADDRNOTAVAIL || error == Errno.EADDRINUSE)) {
            // the endpoint is not to blame, and the node's address would be another identity
            begun.ended();
            String why = "no port of " + source + " is free for " + upstream;
            refuse(begun.balancer(), RefusalReason.NO_SOURCE_PORT, why);
            return;
        }
        LOG.atDebug()
                .addKeyValue("service", begun.balancer().name())
                .addKeyValue("endpoint", upstream)
                .addKeyValue("attempt", begun.count())
                .addKeyValue("cause", Errno.describe(error))
                .log("an endpoint refused a connection");
        begun.failed(now);
        if (client.register()) { // from now on it may take so long that a client that leaves is worth noticing
            connect(begun, now);
        } else {
            abort();
        }
    }

    boolean isConnecting() {
        return connecting && !isClosed();
    }

    boolean isLate(long now) {
        return isConnecting() && now - deadline >= 0;
    }

    /** Gives up the connect under way. */
    void connectTooLate(long now) {
        if (isLate(now)) {
            connectEnded(Errno.ETIMEDOUT);
        }
    }

    private void connectEnded(int error) {
        ConnectAttempts begun = attempts;
        Upstream upstream = begun == null ? null : begun.present();
        if (begun != null && upstream != null) {
            connectFailed(begun, upstream, begun.sourceFor(upstream), error, System.nanoTime());
        }
    }

    @Override
    void readyToJoin(RelaySocket socket, boolean failed) {
        if (socket == client) {
            if (failed) {
                abort();
            }
            return;
        }
        int error = failed ? socket.takeError() : 0;
        if (error != 0) {
            connectEnded(error);
        } else if (socket.writable) {
            joined(socket);
        }
    }

    private void joined(RelaySocket to) {
        ConnectAttempts begun = attempts;
        if (begun == null) {
            return;
        }
        connecting = false;
        context.counters.connectTimes.add(begun.succeeded(System.nanoTime()));
        PortBalancer balancer = begun.balancer();
        context.joined(this);
        join(to, header, balancer.counters().bytesIn(), balancer.counters().bytesOut());
        if (balancer.policy().limitsTime()) {
            limitTime(balancer);
        }
        if (client.register()) {
            move();
        } else {
            abort();
        }
    }

    private void limitTime(PortBalancer balancer) {
        lifetime = Lifetime.begin(context.loop, balancer.policy(), this::moved, why -> {
            balancer.counters().expired(why);
            abort();
        });
    }

    private void refuse(PortBalancer balancer, RefusalReason reason, String why) {
        balancer.counters().refused(reason);
        refuse(balancer.name() + ": " + why);
    }

    private void refuse(String why) {
        context.counters.refused.increment();
        LOG.atDebug()
                .addKeyValue("client", clientAddress)
                .addKeyValue("cause", why)
                .log("a connection is reset");
        abort();
    }

    /** Whether the client's connection is closed. */
    boolean hasClientLeft() {
        return left;
    }

    @Override
    void clientLeft() {
        if (left) {
            return;
        }
        left = true;
        context.counters.active.decrement();
        ConnectAttempts begun = attempts;
        if (begun != null) {
            attempts = null;
            begun.ended();
            begun.balancer().release();
        }
        if (lifetime != null) {
            lifetime.end();
        }
    }

    @Override
    void closed() {
        context.closed(this);
    }
}
