package dev.sluice.userspace.engine;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.userspace.balance.Target;
import dev.sluice.userspace.routing.Dial;
import dev.sluice.userspace.routing.LiveService;
import dev.sluice.userspace.routing.Portal;
import dev.sluice.userspace.routing.ProxyProtocol;
import dev.sluice.userspace.routing.Refusal;
import dev.sluice.userspace.routing.Route;
import dev.sluice.userspace.routing.RoutingTable;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFuture;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.SocketProtocolFamily;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client connection and the connection to the endpoint that serves it, both on one event loop.
 *
 * <p>The client is accepted but not read from until an endpoint has taken the connection. A connect that fails or times out
 * is repeated with another endpoint, see {@link Dial}; when all attempts are used up the client is reset, so that it sees an error
 * and not an empty answer.
 */
final class TcpRelay {
    private static final Logger LOG = LoggerFactory.getLogger(TcpRelay.class);
    private static final byte[] NO_GREETING = {};

    private final LoopContext context;
    private final RoutingTable table;
    private final OriginalDestinations destinations;
    private final RelaySide client;
    private @Nullable RelaySide endpoint;
    /** Null before a Service is found that has a place for it, and after the client's connection is closed. */
    private @Nullable Dial dial;
    /** Null unless the Service limits it. */
    private @Nullable Lifetime lifetime;

    private byte[] greeting = NO_GREETING;

    TcpRelay(LoopContext context, RoutingTable table, OriginalDestinations destinations, EpollSocketChannel accepted) {
        this.context = context;
        this.table = table;
        this.destinations = destinations;
        this.client = new RelaySide(this, accepted, context.counters.toEndpoints, context.options.spliceAfter());
        context.configure(accepted.config());
        accepted.pipeline().addLast(client);
    }

    /** Called when a side is open. */
    void opened(RelaySide side) {
        if (side == client) {
            start();
        }
    }

    private void start() {
        context.opened(this);
        if (context.isOverfull()) {
            refuse("as many connections are open as there is room for");
            return;
        }
        Portal.Address portal;
        InetSocketAddress peer = client.channel().remoteAddress();
        try {
            portal = destinations.of(client.channel(), table.family());
        } catch (ChannelException e) {
            refuse("its original destination is unknown: " + e.getMessage());
            return;
        }
        Route route = table.find(Protocol.TCP, portal.address(), portal.port());
        if (route == null || peer == null) {
            refuse("no Service has " + portal);
            return;
        }
        if (!route.service().enter()) {
            refuse(route.service().name() + " has as many connections as it may");
            return;
        }
        long now = System.nanoTime();
        IpAddress address = IpAddress.of(peer.getAddress());
        Dial begun = new Dial(
                table,
                route,
                address,
                portal.address(),
                context.options.userspace().connectTimeouts(),
                now);
        dial = begun;
        greeting = greeting(route.service().policy().proxyProtocol(), address, peer.getPort(), portal);
        connect(begun, now);
    }

    private static byte[] greeting(
            @Nullable ProxyProtocol protocol, IpAddress address, int port, Portal.Address portal) {
        return protocol == null ? NO_GREETING : protocol.header(address, port, portal.address(), portal.port());
    }

    private void connect(Dial begun, long now) {
        LiveService service = begun.service();
        Target next = begun.next(now);
        if (next == null) {
            boolean none = begun.attempts() == 0;
            service.counters().refused(none ? Refusal.NO_ENDPOINT : Refusal.CONNECT_FAILED);
            refuse(service.name() + " has no endpoint that accepts it, after " + begun.attempts() + " attempts");
            return;
        }
        if (begun.attempts() > 1) {
            context.counters.retries.increment();
        }
        ChannelFuture connected;
        try {
            connected = dial(next, begun.timeoutMillis());
        } catch (ChannelException e) {
            // out of descriptors or memory: another endpoint would not help
            service.counters().refused(Refusal.NO_SOCKET);
            refuse("no socket to " + next + ": " + e.getMessage());
            return;
        }
        connected.addListener(done -> {
            long then = System.nanoTime();
            if (done.isSuccess()) {
                context.counters.connectTimes.add(begun.taken(then));
                joined(service);
            } else if (client.isOpen()) {
                LOG.debug(
                        "{}: {} refused attempt {}: {}",
                        service.name(),
                        next,
                        begun.attempts(),
                        done.cause().getMessage());
                begun.failed(then);
                connect(begun, then);
            }
        });
    }

    private ChannelFuture dial(Target target, int timeoutMillis) {
        EpollSocketChannel channel = new EpollSocketChannel(
                table.family() == IpFamily.IPV4 ? SocketProtocolFamily.INET : SocketProtocolFamily.INET6);
        context.configure(channel.config());
        channel.config().setKeepAlive(true);
        channel.config().setConnectTimeoutMillis(timeoutMillis);
        RelaySide side = new RelaySide(this, channel, context.counters.toClients, context.options.spliceAfter());
        endpoint = side;
        channel.pipeline().addLast(side);
        var _ = context.loop.register(channel);
        return channel.connect(target.socketAddress());
    }

    private void joined(LiveService service) {
        RelaySide other = endpoint;
        if (other == null || !client.isOpen()) {
            abort();
            return;
        }
        client.countFor(service.counters().bytesIn());
        other.countFor(service.counters().bytesOut());
        if (greeting.length > 0) {
            var _ = other.channel()
                    .write(Unpooled.wrappedBuffer(greeting), other.channel().voidPromise());
            other.channel().flush();
        }
        lifetime = Lifetime.begin(context.loop, service.policy(), () -> client.moved() + other.moved(), why -> {
            service.counters().expired(why);
            abort();
        });
        client.join(other);
        other.join(client);
    }

    /** Much has come in large pieces from {@code side}: from now on the kernel moves the bytes, if the connections allow it. */
    void cameInBulk(RelaySide side) {
        RelaySide other = endpoint;
        if (other != null && client.isPlain() && other.isPlain()) {
            SpliceStart.begin(context, this, client, other, side);
        }
    }

    private void refuse(String why) {
        context.counters.refused.increment();
        LOG.debug("connection from {} reset: {}", client.channel().remoteAddress(), why);
        abort();
    }

    /** Called when a side is closed, by whichever end. */
    void closed(RelaySide side) {
        RelaySide other = endpoint;
        if (side == client) {
            context.ended(this);
            end();
            if (other != null) {
                other.closeAfter(client);
            }
        } else if (side == other && side.wasJoined()) {
            client.closeAfter(side);
        }
    }

    private void end() {
        Dial begun = dial;
        if (begun != null) {
            begun.ended();
            begun.service().leave();
            dial = null;
        }
        if (lifetime != null) {
            lifetime.end();
        }
    }

    /** Resets both connections. */
    void abort() {
        client.reset();
        RelaySide other = endpoint;
        if (other != null) {
            other.reset();
        }
    }
}
