// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import dev.sluice.core.model.Portal;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.net.SocketAddress;
import dev.sluice.core.thread.ProcessEnd;
import dev.sluice.linux.Errno;
import dev.sluice.linux.socket.DatagramBatch;
import dev.sluice.linux.socket.DatagramPeer;
import dev.sluice.userspace.routing.PortBalancer;
import dev.sluice.userspace.routing.PortalRoute;
import dev.sluice.userspace.routing.RoutingTable;
import io.netty.channel.IoEvent;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The socket of one event loop for all UDP portals of a family, with the flows of their clients. A flow is a client's
 * address and port, as the proxy sees them; it keeps its endpoint until it is idle for a while, the endpoint is removed
 * or refuses, its portal is removed, or the portal's policy no longer allows the endpoint. A datagram that the policy
 * allows no endpoint is dropped.
 *
 * <p>The socket is bound to the very address that the rules redirect to, so that replies leave from it and conntrack
 * turns it back into the portal that the client has sent to.
 */
final class UdpSocket implements LoopHandle {
    private static final Logger LOG = LoggerFactory.getLogger(UdpSocket.class);
    /** After this time a flow's destination is looked up again; entries may have been deleted by hand. */
    private static final long TRUSTED_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final LoopContext context;
    private final RoutingTable table;
    private final DatagramDestinations destinations;
    private final SocketAddress local;
    private final FileDescriptor descriptor;
    private final long idleNanos;
    private final UdpFlows flows = new UdpFlows();
    private final BatchDestinations originals;
    private final UdpFlowOpener opener;
    /** Of the first place of each run that was received: how many places it takes, and the flow of its sender. */
    private final int[] runs = new int[DatagramBuffers.PLACES];

    private final @Nullable UdpFlow[] found = new UdpFlow[DatagramBuffers.PLACES];
    private @Nullable IoRegistration registration;
    private boolean closed;

    private UdpSocket(
            LoopContext context,
            RoutingTable table,
            SocketAddress local,
            DatagramDestinations destinations,
            int descriptor) {
        this.context = context;
        this.table = table;
        this.local = local;
        this.destinations = destinations;
        this.descriptor = new FileDescriptor(descriptor);
        originals = new BatchDestinations(destinations, DatagramBuffers.PLACES);
        opener = new UdpFlowOpener(context, table, flows);
        idleNanos = context.options.userspace().udpIdleTimeout().toNanos();
    }

    /**
     * Binds a socket, on its loop.
     *
     * @param address with port 0 for any free one
     * @param first whether the port must be free; otherwise the sockets before share it
     * @throws EngineException when it cannot be bound, or original destinations cannot be looked up
     */
    static UdpSocket open(
            LoopContext context,
            RoutingTable table,
            SocketAddress address,
            boolean first,
            DatagramDestinations.Opener opener) {
        DatagramDestinations destinations = opener.open();
        int opened = UdpSockets.bind(context, address, first);
        if (opened < 0) {
            destinations.close();
            throw new EngineException(Errno.describe(-opened));
        }
        SocketAddress local = new SocketAddress(address.address(), context.sockets.port(opened));
        UdpSocket socket = new UdpSocket(context, table, local, destinations, opened);
        context.opened(socket);
        socket.registration = context.register(socket, EpollIoOps.EPOLLIN);
        if (socket.registration == null) {
            socket.end();
            throw new EngineException("epoll refuses it");
        }
        return socket;
    }

    IpFamily family() {
        return table.family();
    }

    /** What it is bound to. */
    SocketAddress local() {
        return local;
    }

    /**
     * Ends the flows of {@code balancers} whose endpoints no longer answer, whose policy no longer allows them, or
     * whose portals lead elsewhere; their clients' next datagrams go to others. Runs on the loop.
     */
    void portsChanged(Collection<PortBalancer> balancers) {
        for (PortBalancer balancer : balancers) {
            List.copyOf(flows.of(balancer)).stream()
                    .filter(flow -> !isKept(flow))
                    .forEach(UdpFlow::end);
        }
    }

    private boolean isKept(UdpFlow flow) {
        boolean isLocal = table.locality().isLocal(flow.client().address());
        return flow.route().equals(route(flow.destination()))
                && flow.balancer().keepsFlow(flow.upstream(), flow.route().scope(), isLocal);
    }

    private @Nullable PortalRoute route(Portal.Address destination) {
        return table.find(Protocol.UDP, destination.address(), destination.port());
    }

    /** Ends every flow and closes the socket, after the events of this round. */
    void end() {
        if (closed) {
            return;
        }
        closed = true;
        context.closed(this);
        flows.all().forEach(UdpFlow::end);
        destinations.close();
        context.closeLater(this);
    }

    @Override
    public void closeNow() {
        IoRegistration on = registration;
        registration = null;
        context.close(descriptor, on);
    }

    /** Nothing but the datagrams in hand is lost: the event comes again. */
    @Override
    public void failed() {}

    /** Called when the event loop ends. */
    @Override
    public void close() {
        end();
    }

    void expire(long now) {
        flows.idleSince(now - idleNanos).forEach(UdpFlow::end);
    }

    LoopContext context() {
        return context;
    }

    /** Sends what is queued for clients, from a number on; returns how many messages, or a negative error number. */
    int sendQueued(DatagramBatch batch, int first) {
        return closed ? -Errno.EAGAIN : batch.sendQueued(descriptor.intValue(), first);
    }

    /** Sends the datagrams of a queued run by themselves; returns how many. */
    int sendApart(DatagramBatch batch, int first, int count, int message) {
        return batch.sendApart(descriptor.intValue(), first, count, message);
    }

    void ended(UdpFlow flow) {
        if (flows.remove(flow)) {
            context.flowEnded();
            flow.upstream().closed();
            flow.balancer().release();
        }
    }

    /** Notes that the endpoint of a flow refuses the port or is unreachable. */
    void refused(UdpFlow flow) {
        if (flows.contains(flow)) {
            flow.balancer().failed(flow.upstream(), System.nanoTime());
        }
    }

    @Override
    public FileDescriptor fd() {
        return descriptor;
    }

    /** Receives as many datagrams as one call does; the event is level-triggered and comes again for others. */
    @Override
    public void handle(IoRegistration from, IoEvent event) {
        if (closed) {
            return;
        }
        DatagramBatch batch = context.datagrams().requests;
        int count = batch.receive(descriptor.intValue(), 0, batch.places());
        if (count < 0) {
            LOG.debug("UDP socket on {}: {}", local, Errno.describe(-count));
            return;
        }
        long now = System.nanoTime();
        findFlows(batch, count, now);
        int place = 0;
        while (place < count) {
            int run = runs[place];
            try {
                received(batch, place, run, now);
            } catch (Throwable e) {
                ProcessEnd.ifFatal(e);
                SupervisedLoops.log(e);
            }
            originals.forget(place);
            found[place] = null;
            place += run;
        }
    }

    /** Finds the flows, and looks up the destinations of what has none yet, and of flows that are due. */
    private void findFlows(DatagramBatch batch, int count, long now) {
        for (int place = 0; place < count; place += runs[place]) {
            runs[place] = batch.run(place, count);
            UdpFlow flow = flows.use(batch, place);
            found[place] = flow;
            if (flow == null ? context.hasRoomForFlow() : now - flow.lookedUp() > TRUSTED_NANOS) {
                originals.add(place, flows.sender(batch, place).socketAddress());
            }
        }
        originals.lookUp(local);
    }

    private void received(DatagramBatch batch, int place, int count, long now) {
        UdpFlow flow = found[place];
        if (flow == null || flow.isClosed()) { // one before may have opened or ended it
            flow = flows.use(batch, place);
        }
        if (flow != null && now - flow.lookedUp() > TRUSTED_NANOS) {
            flow = lookedUpAgain(flow, place, now);
        }
        if (flow == null) {
            flow = open(batch, place, now);
        }
        if (flow == null) {
            context.counters.dropped.add(count);
        } else {
            flow.send(batch, place, count, now);
        }
    }

    private @Nullable UdpFlow open(DatagramBatch batch, int place, long now) {
        if (!context.hasRoomForFlow()) {
            return null;
        }
        DatagramPeer client = flows.sender(batch, place);
        Portal.Address destination = originals.take(place, client.socketAddress(), local);
        return destination == null ? null : opener.open(this, client, destination, batch.hopsLeft(place), now);
    }

    /** Ends the flow if its client's datagrams have another destination by now. */
    private @Nullable UdpFlow lookedUpAgain(UdpFlow flow, int place, long now) {
        Portal.Address destination = originals.take(place, flow.client().socketAddress(), local);
        if (destination != null && !destination.equals(flow.destination())) {
            flow.end();
            return null;
        }
        flow.lookedUp(now);
        return flow;
    }
}
