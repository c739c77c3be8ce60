// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.Protocol;
import dev.sluice.userspace.balance.ExcludedUpstreams;
import dev.sluice.userspace.balance.Upstream;
import dev.sluice.userspace.balance.UpstreamPool;
import dev.sluice.userspace.routing.PortBalancer;
import dev.sluice.userspace.routing.RefusalReason;
import dev.sluice.userspace.routing.RoutingTable;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.socket.DatagramPacket;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The socket of one UDP service port, with the flows of its clients. A flow is a client's address and port; it keeps
 * its endpoint until it is idle for a while, or the endpoint is removed or refuses.
 *
 * <p>The socket is bound to the very address that the rules redirect to, so that replies leave from it and conntrack
 * turns it back into the portal that the client has sent to.
 */
public final class UdpSocket {
    private static final Logger LOG = LoggerFactory.getLogger(UdpSocket.class);
    private static final int BATCH = 8;

    private final LoopContext context;
    private final RoutingTable table;
    private final PortBalancer balancer;
    private final EpollDatagramChannel channel;
    private final long idleNanos;
    /** Least recently used first. */
    private final LinkedHashMap<InetSocketAddress, UdpFlow> flows = new LinkedHashMap<>(16, 0.75f, true);

    private final List<UdpFlow> written = new ArrayList<>();

    UdpSocket(LoopContext context, RoutingTable table, PortBalancer balancer) {
        this.context = context;
        this.table = table;
        this.balancer = balancer;
        idleNanos = context.options.userspace().udpIdleTimeout().toNanos();
        channel = DatagramChannels.newChannel(table.family());
        channel.config().setRecvByteBufAllocator(new FixedRecvByteBufAllocator(DatagramChannels.LARGEST * BATCH));
        channel.config().setMaxDatagramPayloadSize(DatagramChannels.LARGEST);
        channel.config().setAutoRead(true);
        channel.pipeline().addLast(new DatagramHandler());
    }

    /** Binds the socket, on its loop. */
    ChannelFuture bind(IpAddress address) {
        var _ = context.loop.register(channel);
        ChannelFuture binding = channel.bind(new InetSocketAddress(address.toInetAddress(), 0));
        SupervisedLoops.after(binding, this::closeNow, bound -> {
            if (bound.isSuccess()) {
                context.opened(this);
            } else {
                var _ = channel.close();
            }
        });
        return binding;
    }

    /** The port that the kernel chose. */
    public int port() {
        return channel.localAddress().getPort();
    }

    /** The address that it is bound to. */
    public IpAddress address() {
        return IpAddress.of(channel.localAddress().getAddress());
    }

    /** Ends the flows of endpoints that no longer answer; their clients' next datagrams go to others. */
    public void endpointsChanged() {
        context.loop.execute(() -> List.copyOf(flows.values()).stream()
                .filter(flow -> !balancer.keepsFlowsTo(flow.upstream()))
                .forEach(UdpFlow::close));
    }

    /** Ends every flow and closes the socket, unless the engine has ended and done so already. */
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

    /** Sends a reply from this socket, or drops it when too many wait. */
    void reply(ByteBuf data, InetSocketAddress client) {
        flows.get(client); // moves it to the end of the idle order
        if (channel.isWritable()) {
            context.counters.toClients.add(data.readableBytes());
            balancer.counters().bytesOut().add(data.readableBytes());
            var _ = channel.write(
                    new DatagramPacket(DatagramChannels.fit(channel, data), client), channel.voidPromise());
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
            flow.upstream().closed();
            balancer.release();
        }
    }

    void sent(int bytes) {
        context.counters.toEndpoints.add(bytes);
        balancer.counters().bytesIn().add(bytes);
    }

    /** Notes that the endpoint of a flow has sent its first datagram. */
    void answered(UdpFlow flow) {
        balancer.answered(flow.upstream());
    }

    /** Notes that the endpoint of a flow refuses the port or is unreachable. */
    void refused(UdpFlow flow) {
        if (flows.get(flow.client()) == flow) {
            balancer.failed(flow.upstream(), System.nanoTime());
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
        IpAddress destination = balancer.resolved().service().clusterIp();
        UpstreamPool allowed = balancer.datagramEndpoints(table.locality().isLocal(address));
        ExcludedUpstreams excluded = null;
        for (int i = 0; i < context.options.userspace().connectTimeouts().size(); i++) {
            Upstream next = balancer.choose(allowed, address, destination, excluded, System.nanoTime());
            if (next == null) {
                break;
            }
            boolean back = table.leadsBack(Protocol.UDP, next.address(), next.port());
            if (!back && !admitFlow()) {
                return null;
            }
            UdpFlow flow = back ? null : open(client, next);
            if (flow != null) {
                balancer.pin(address, next, System.nanoTime());
                return flow;
            }
            excluded = excluded == null ? new ExcludedUpstreams() : excluded;
            excluded.add(next);
        }
        balancer.counters().refused(RefusalReason.NO_ENDPOINT);
        return null;
    }

    /** Admits one more flow, if the service port and the loop allow it. */
    private boolean admitFlow() {
        if (!balancer.admit()) {
            return false;
        }
        if (context.admitFlow(flows.size())) {
            return true;
        }
        balancer.release();
        return false;
    }

    /** Opens an admitted flow; null if that fails, in which case it has ended. */
    private @Nullable UdpFlow open(InetSocketAddress client, Upstream upstream) {
        UdpFlow flow = new UdpFlow(this, upstream, client);
        flows.put(client, flow);
        upstream.opened();
        return flow.connect(table.family()) ? flow : null;
    }

    private final class DatagramHandler extends ChannelInboundHandlerAdapter {
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
            SupervisedLoops.caught(cause);
            LOG.debug("UDP socket of {}: {}", balancer.name(), cause.getMessage());
        }
    }
}
