// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import dev.sluice.core.model.Portal;
import dev.sluice.core.net.IpAddress;
import dev.sluice.linux.Errno;
import dev.sluice.linux.socket.DatagramBatch;
import dev.sluice.linux.socket.DatagramPeer;
import dev.sluice.userspace.balance.Upstream;
import dev.sluice.userspace.routing.PortBalancer;
import dev.sluice.userspace.routing.PortalRoute;
import io.netty.channel.IoEvent;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;
import org.jspecify.annotations.Nullable;

/**
 * The datagrams between one client and one endpoint, by a connected socket whose port identifies the endpoint's
 * replies.
 */
final class UdpFlow implements LoopHandle {
    private static final int MOST = 8;

    private final UdpSocket socket;
    private final Upstream upstream;
    private final DatagramPeer client;
    private final Portal.Address destination;
    private final PortalRoute route;
    private @Nullable FileDescriptor descriptor;
    private @Nullable IoRegistration registration;
    private boolean withoutPort;
    private boolean answered;
    private boolean closed;
    private boolean coalesced;
    private boolean sentApart;
    /**
     * How many datagrams to receive for one event. It is level-triggered and comes again while others wait, so that one
     * datagram takes one call, without another that returns EAGAIN.
     */
    private int batch = 1;

    private long lastRequest;
    private long lastReply;
    private long lookedUp;

    /**
     * @param destination what the client sends to
     * @param now of {@link System#nanoTime}
     */
    UdpFlow(
            UdpSocket socket,
            Upstream upstream,
            DatagramPeer client,
            Portal.Address destination,
            PortalRoute route,
            long now) {
        this.socket = socket;
        this.upstream = upstream;
        this.client = client;
        this.destination = destination;
        this.route = route;
        lastRequest = now;
        lastReply = now;
        lookedUp = now;
    }

    UdpSocket socket() {
        return socket;
    }

    Upstream upstream() {
        return upstream;
    }

    /** Whether it could not be opened because no port of the client's address is free. */
    boolean isWithoutPort() {
        return withoutPort;
    }

    DatagramPeer client() {
        return client;
    }

    Portal.Address destination() {
        return destination;
    }

    PortalRoute route() {
        return route;
    }

    PortBalancer balancer() {
        return route.balancer();
    }

    /** When the destination was last looked up, of {@link System#nanoTime}. */
    long lookedUp() {
        return lookedUp;
    }

    void lookedUp(long now) {
        lookedUp = now;
    }

    /** When the client last sent, of {@link System#nanoTime}. */
    long lastRequest() {
        return lastRequest;
    }

    /** When the endpoint last answered, or the flow was made, of {@link System#nanoTime}. */
    long lastReply() {
        return lastReply;
    }

    boolean isClosed() {
        return closed;
    }

    /**
     * Opens the socket to the endpoint; if that fails the flow has ended.
     *
     * @param source its address, null for one of the node
     * @param hops how many routers its datagrams may pass, 0 for the kernel's default
     */
    void connect(@Nullable IpAddress source, int hops) {
        LoopContext context = socket.context();
        int opened = EndpointSockets.openDatagram(context, socket.family(), source);
        if (opened < 0) {
            socket.ended(this);
            return;
        }
        descriptor = new FileDescriptor(opened);
        if (hops > 0) {
            context.datagramSockets.limitHops(opened, socket.family(), hops);
        }
        int failed = EndpointSockets.connect(context, opened, upstream, source);
        if (failed == 0) {
            registration = context.register(this, EpollIoOps.EPOLLIN);
        }
        if (registration == null) {
            withoutPort = source != null && (failed == Errno.EADDRNOTAVAIL || failed == Errno.EADDRINUSE);
            end();
        }
    }

    /**
     * Sends the datagram or the run of {@code count} places to the endpoint; what cannot be sent at once is dropped.
     */
    void send(DatagramBatch from, int first, int count, long now) {
        lastRequest = now;
        FileDescriptor to = descriptor;
        if (to == null || closed) {
            socket.context().counters.dropped.add(count);
            return;
        }
        if (!from.isRun(first, count)) {
            sendOne(from, first, to.intValue());
            return;
        }
        int sent = sentApart ? -Errno.EINVAL : from.sendRun(to.intValue(), first, count);
        if (sent < 0 && sendsApartAfter(-sent)) {
            int single = from.sendApart(to.intValue(), first, count, -1);
            socket.context().counters.dropped.add(Math.max(count - single, 0));
            sent = 1;
        }
        if (sent > 0) {
            passed(from.size(first, count));
        } else {
            socket.context().counters.dropped.add(count);
            failed(-sent);
        }
    }

    private void sendOne(DatagramBatch from, int place, int to) {
        int sent = from.send(to, place);
        if (sent == -Errno.EMSGSIZE) { // may be the pending error of one before
            sent = from.send(to, place);
        }
        if (sent >= 0) {
            passed(sent);
        } else {
            socket.context().counters.dropped.increment();
            failed(-sent);
        }
    }

    private void passed(long bytes) {
        socket.context().counters.toEndpoints.add(bytes);
        balancer().counters().bytesIn().add(bytes);
    }

    /** Whether runs are no longer tried. */
    boolean isSentApart() {
        return sentApart;
    }

    /** Returns whether {@code error} says that a run cannot be cut up on its way out; then none is tried again. */
    boolean sendsApartAfter(int error) {
        boolean apart = switch (error) {
            case Errno.EINVAL, Errno.EIO, Errno.EMSGSIZE, Errno.EOPNOTSUPP, Errno.ENOPROTOOPT -> true;
            default -> false;
        };
        sentApart |= apart;
        return apart;
    }

    @Override
    public FileDescriptor fd() {
        FileDescriptor open = descriptor;
        if (open == null) {
            throw new IllegalStateException("not connected");
        }
        return open;
    }

    @Override
    public void handle(IoRegistration from, IoEvent event) {
        if (closed) {
            return;
        }
        DatagramBuffers datagrams = socket.context().datagrams();
        int count = datagrams.receiveReplies(fd().intValue(), this, batch);
        if (count < 0) {
            failed(-count);
            return;
        }
        batch = count == batch ? Math.min(2 * batch, MOST) : Math.max(count, 1);
        if (batch == MOST && !coalesced) {
            coalesced = true;
            socket.context().datagramSockets.coalesce(fd().intValue());
        }
        lastReply = datagrams.roundBegan();
        if (!answered) {
            answered = true;
            balancer().answered(upstream);
        }
    }

    /** When the endpoint refuses the port or is unreachable, the client's next datagram opens another flow. */
    private void failed(int error) {
        switch (error) {
            case Errno.EAGAIN, Errno.EINTR, Errno.EMSGSIZE, Errno.ENOBUFS, Errno.ENOMEM -> {}
            default -> {
                socket.refused(this);
                end();
            }
        }
    }

    /** Ends the flow. */
    void end() {
        if (closed) {
            return;
        }
        closed = true;
        socket.ended(this);
        if (registration == null) {
            closeNow();
        } else {
            socket.context().closeLater(this);
        }
    }

    @Override
    public void closeNow() {
        IoRegistration on = registration;
        registration = null;
        socket.context().close(descriptor, on);
    }

    @Override
    public void failed() {
        end();
    }

    /** Called when the event loop ends. */
    @Override
    public void close() {
        end();
    }
}
