package dev.sluice.userspace.engine;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.Protocol;
import dev.sluice.userspace.balance.Pool;
import dev.sluice.userspace.balance.Target;
import dev.sluice.userspace.balance.Tried;
import dev.sluice.userspace.routing.LiveService;
import dev.sluice.userspace.routing.Refusal;
import dev.sluice.userspace.routing.RoutingTable;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.socket.DatagramPacket;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The socket of one UDP service port, with the flows of its clients. A flow is a client's address and port; it keeps its
 * endpoint until it has been idle for a while, the endpoint goes away, or the endpoint refuses.
 *
 * <p>The socket is bound to the very address that the rules redirect to, so that replies leave from it, and connection
 * tracking turns it back into the address that the client had sent to.
 */
public final class UdpSocket {
    private static final Logger LOG = LoggerFactory.getLogger(UdpSocket.class);
    private static final int BATCH = 8;

    private final LoopContext context;
    private final RoutingTable table;
    private final LiveService service;
    private final EpollDatagramChannel channel;
    private final long idleNanos;
    /** Least recently used first. */
    private final LinkedHashMap<InetSocketAddress, UdpFlow> flows = new LinkedHashMap<>(16, 0.75f, true);

    private final List<UdpFlow> written = new ArrayList<>();

    private UdpSocket(LoopContext context, RoutingTable table, LiveService service) {
        this.context = context;
        this.table = table;
        this.service = service;
        idleNanos = context.options.userspace().udpIdleTimeout().toNanos();
        channel = Datagrams.newChannel(table.family());
        channel.config().setRecvByteBufAllocator(new FixedRecvByteBufAllocator(Datagrams.LARGEST * BATCH));
        channel.config().setMaxDatagramPayloadSize(Datagrams.LARGEST);
        channel.config().setAutoRead(true);
        channel.pipeline().addLast(new Handler());
    }

    /** Opens and binds a socket on {@code context}'s loop; blocks until that is done. */
    static UdpSocket open(LoopContext context, RoutingTable table, LiveService service, IpAddress address) {
        CompletableFuture<UdpSocket> opened = new CompletableFuture<>();
        context.loop.execute(() -> {
            try {
                UdpSocket socket = new UdpSocket(context, table, service);
                var _ = context.loop.register(socket.channel);
                socket.channel
                        .bind(new InetSocketAddress(address.toInetAddress(), 0))
                        .addListener(bound -> {
                            if (bound.isSuccess()) {
                                context.opened(socket);
                                opened.complete(socket);
                            } else {
                                var _ = socket.channel.close();
                                opened.completeExceptionally(bound.cause());
                            }
                        });
            } catch (RuntimeException e) {
                opened.completeExceptionally(e);
            }
        });
        try {
            return opened.join();
        } catch (CompletionException e) {
            throw new EngineException("no UDP socket for " + service.name() + " on " + address + ": " + reason(e), e);
        }
    }

    private static String reason(CompletionException e) {
        Throwable cause = e.getCause();
        return String.valueOf(cause == null ? e.getMessage() : cause.getMessage());
    }

    /** The port that the kernel chose. */
    public int port() {
        return channel.localAddress().getPort();
    }

    /** The address that it is bound to. */
    public IpAddress address() {
        return IpAddress.of(channel.localAddress().getAddress());
    }

    /** Ends the flows of endpoints that do not answer any more; their clients' next datagrams go to others. */
    public void endpointsChanged() {
        context.loop.execute(() -> List.copyOf(flows.values()).stream()
                .filter(flow -> !service.keepsFlowsTo(flow.target()))
                .forEach(UdpFlow::close));
    }

    /** Ends every flow and lets go of the port; an engine that has ended did so already. */
    public void close() {
        if (!context.loop.isShuttingDown()) {
            context.loop.execute(this::closeNow);
        }
    }

    void closeNow() {
        context.closed(this);
        List.copyOf(flows.values()).forEach(UdpFlow::close);
        var _ = channel.close();
    }

    void expire(long now) {
        List<UdpFlow> idle = new ArrayList<>();
        for (UdpFlow flow : flows.values()) {
            if (now - flow.lastUse() < idleNanos) {
                break;
            }
            idle.add(flow);
        }
        idle.forEach(UdpFlow::close);
    }

    LoopContext context() {
        return context;
    }

    /** Sends a reply from this socket, unless too much waits already. */
    void reply(ByteBuf data, InetSocketAddress client) {
        flows.get(client); // moves it to the end of the idle order
        if (channel.isWritable()) {
            context.counters.toClients.add(data.readableBytes());
            service.counters().bytesOut().add(data.readableBytes());
            var _ = channel.write(new DatagramPacket(Datagrams.fit(channel, data), client), channel.voidPromise());
        } else {
            context.counters.dropped.increment();
            data.release();
        }
    }

    void flush() {
        channel.flush();
    }

    void ended(UdpFlow flow) {
        if (flows.remove(flow.client(), flow)) {
            context.flowEnded();
            flow.target().closed();
            service.leave();
        }
    }

    void sent(int bytes) {
        context.counters.toEndpoints.add(bytes);
        service.counters().bytesIn().add(bytes);
    }

    /** The endpoint of a flow has sent its first datagram. */
    void answered(UdpFlow flow) {
        service.reached(flow.target());
    }

    /** The endpoint of a flow has no such port, or is out of reach. */
    void refused(UdpFlow flow) {
        if (flows.get(flow.client()) == flow) {
            service.failed(flow.target(), System.nanoTime());
        }
    }

    private void received(DatagramPacket packet) {
        UdpFlow flow = flows.get(packet.sender());
        if (flow == null) {
            flow = open(packet.sender());
        }
        if (flow == null) {
            context.counters.dropped.increment();
            packet.release();
        } else if (flow.send(packet.content())) {
            written.add(flow);
        }
    }

    private @Nullable UdpFlow open(InetSocketAddress client) {
        IpAddress address = IpAddress.of(client.getAddress());
        IpAddress destination = service.resolved().service().clusterIp();
        Pool allowed = service.datagramEndpoints(table.locality().isLocal(address));
        Tried tried = null;
        for (int i = 0; i < context.options.userspace().connectTimeouts().size(); i++) {
            Target next = service.choose(allowed, address, destination, tried, System.nanoTime());
            if (next == null) {
                break;
            }
            boolean back = table.leadsBack(Protocol.UDP, next.address(), next.port());
            if (!back && !admitFlow()) {
                return null;
            }
            UdpFlow flow = back ? null : open(client, next);
            if (flow != null) {
                service.pin(address, next, System.nanoTime());
                return flow;
            }
            tried = tried == null ? new Tried() : tried;
            tried.add(next);
        }
        service.counters().refused(Refusal.NO_ENDPOINT);
        return null;
    }

    /** Whether the service port and the loop have room for one more flow; counts it if so. */
    private boolean admitFlow() {
        if (!service.enter()) {
            return false;
        }
        if (context.admitFlow(flows.size())) {
            return true;
        }
        service.leave();
        return false;
    }

    /** Opens an admitted flow; null when that fails, after which it has ended. */
    private @Nullable UdpFlow open(InetSocketAddress client, Target target) {
        UdpFlow flow = new UdpFlow(this, target, client);
        flows.put(client, flow);
        target.opened();
        return flow.connect(table.family()) ? flow : null;
    }

    private final class Handler extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            received((DatagramPacket) message);
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            for (int i = 0; i < written.size(); i++) {
                written.get(i).flush();
            }
            written.clear();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            LOG.debug("UDP socket of {}: {}", service.name(), cause.getMessage());
        }
    }
}
