package dev.sluice.userspace.engine;

import dev.sluice.core.model.Endpoint;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.userspace.routing.Attempts;
import dev.sluice.userspace.routing.LiveService;
import dev.sluice.userspace.routing.Portal;
import dev.sluice.userspace.routing.Route;
import dev.sluice.userspace.routing.RoutingTable;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFuture;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.SocketProtocolFamily;
import java.net.InetSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client connection and the connection to the endpoint that serves it, both on one event loop.
 *
 * <p>The client is accepted but not read from until an endpoint has taken the connection. A connect that fails or times out
 * is repeated with the next endpoint; when all attempts are used up the client is reset, so that it sees an error and
 * not an empty answer.
 */
final class TcpRelay {
    private static final Logger LOG = LoggerFactory.getLogger(TcpRelay.class);

    private final LoopContext context;
    private final RoutingTable table;
    private final OriginalDestinations destinations;
    private final RelaySide client;
    private @Nullable RelaySide endpoint;
    private int attempt;

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
        IpAddress address = IpAddress.of(peer.getAddress());
        LiveService service = route.service();
        List<Endpoint> allowed =
                service.endpoints(route.scope(), table.locality().isLocal(address));
        connect(service, service.choose(allowed, address, System.nanoTime()), address);
    }

    private void connect(LiveService service, Attempts attempts, IpAddress address) {
        if (!client.isOpen()) {
            return;
        }
        Endpoint next = nextUsable(attempts);
        if (next == null || attempt == timeouts()) {
            refuse(service.name() + " has no endpoint that accepts it, after " + attempt + " attempts");
            return;
        }
        if (attempt > 0) {
            context.counters.retries.increment();
        }
        ChannelFuture connected;
        try {
            connected = dial(next);
        } catch (ChannelException e) {
            // out of descriptors or memory: another endpoint would not help
            refuse("no socket to " + next + ": " + e.getMessage());
            return;
        }
        connected.addListener(done -> {
            if (done.isSuccess()) {
                service.served(address, next, System.nanoTime());
                joined();
            } else if (client.isOpen()) {
                LOG.debug(
                        "{}: {} refused attempt {}: {}",
                        service.name(),
                        next,
                        attempt,
                        done.cause().getMessage());
                connect(service, attempts, address);
            }
        });
    }

    private @Nullable Endpoint nextUsable(Attempts attempts) {
        for (int i = 0; i < timeouts(); i++) {
            Endpoint next = attempts.next();
            if (next == null || !table.leadsBack(Protocol.TCP, next.address(), next.port())) {
                return next;
            }
        }
        return null;
    }

    private ChannelFuture dial(Endpoint target) {
        EpollSocketChannel channel = new EpollSocketChannel(
                table.family() == IpFamily.IPV4 ? SocketProtocolFamily.INET : SocketProtocolFamily.INET6);
        context.configure(channel.config());
        channel.config().setKeepAlive(true);
        long timeout =
                context.options.userspace().connectTimeouts().get(attempt).toMillis();
        channel.config().setConnectTimeoutMillis((int) Math.min(Math.max(timeout, 1), Integer.MAX_VALUE));
        attempt++;
        RelaySide side = new RelaySide(this, channel, context.counters.toClients, context.options.spliceAfter());
        endpoint = side;
        channel.pipeline().addLast(side);
        var _ = context.loop.register(channel);
        return channel.connect(new InetSocketAddress(target.address().toInetAddress(), target.port()));
    }

    private int timeouts() {
        return context.options.userspace().connectTimeouts().size();
    }

    private void joined() {
        RelaySide other = endpoint;
        if (other == null || !client.isOpen()) {
            abort();
            return;
        }
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
            if (other != null) {
                other.closeAfter(client);
            }
        } else if (side == other && side.wasJoined()) {
            client.closeAfter(side);
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
