// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import dev.sluice.core.thread.ProcessEnd;
import dev.sluice.linux.socket.DatagramSockets;
import dev.sluice.linux.socket.PipePool;
import dev.sluice.linux.socket.StreamSockets;
import io.netty.channel.EventLoop;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The relays, UDP sockets, limits and pipes of one event loop. Everything but the constructor runs on the loop, so
 * there are no locks.
 */
final class LoopContext {
    private static final Logger LOG = LoggerFactory.getLogger(LoopContext.class);
    private static final int PIPE_CAPACITY = 256 << 10;
    private static final int IDLE_PIPES = 64;

    /**
     * One UDP service port may have this many times as many flows as are free: seven eighths of all, if it is the only
     * busy one.
     */
    private static final long SHARE = 7;

    final EventLoop loop;
    final EngineOptions options;
    final EngineAdders counters;
    private final OpenRelays relays = new OpenRelays();
    private final List<TcpRelay> remembered = new ArrayList<>();
    private final List<LoopHandle> closing = new ArrayList<>();
    private final Runnable closer = this::closeNow;
    private final Set<UdpSocket> udpSockets = Collections.newSetFromMap(new IdentityHashMap<>());
    /** The connects under way. */
    final ConnectTimer connects;

    /** The calls of TCP sockets. */
    final StreamSockets sockets = new StreamSockets();

    /** The calls of UDP sockets, beside those that both kinds have. */
    final DatagramSockets datagramSockets = new DatagramSockets();

    /** The pipes of spliced connections. */
    final PipePool pipes = new PipePool(PIPE_CAPACITY, IDLE_PIPES);

    private @Nullable DatagramBuffers datagrams;
    private int flows;

    LoopContext(EventLoop loop, EngineOptions options, EngineAdders counters) {
        this.loop = loop;
        this.options = options;
        this.counters = counters;
        connects = new ConnectTimer(loop);
    }

    /** Starts to look after idle UDP flows and lasting connections. */
    void start() {
        long idle = options.userspace().udpIdleTimeout().toMillis();
        long every = Math.max(20, idle / 8);
        var _ = loop.scheduleWithFixedDelay(this::sweep, every, every, TimeUnit.MILLISECONDS);
    }

    void opened(TcpRelay relay) {
        relays.add(relay);
        counters.accepted.increment();
        counters.active.increment();
    }

    /** Notes that an endpoint has accepted the connection of {@code relay}. */
    void joined(TcpRelay relay) {
        relays.remove(relay);
        relays.add(relay);
    }

    void closed(TcpRelay relay) {
        relays.remove(relay);
    }

    /** The datagrams that this loop has in its hands. */
    DatagramBuffers datagrams() {
        DatagramBuffers present = datagrams;
        if (present == null) {
            present = new DatagramBuffers(loop, counters);
            datagrams = present;
        }
        return present;
    }

    /** Has the loop call {@code handle}; returns null when epoll refuses it. */
    @Nullable
    IoRegistration register(LoopHandle handle, EpollIoOps interest) {
        IoRegistration registration = SupervisedLoops.register(loop, handle);
        if (registration != null) {
            registration.submit(interest);
        }
        return registration;
    }

    /** Closes a descriptor, which epoll forgets then too. */
    void close(@Nullable FileDescriptor descriptor, @Nullable IoRegistration registration) {
        if (descriptor != null) {
            try {
                descriptor.close();
            } catch (IOException e) {
                LOG.atDebug().addKeyValue("cause", e.getMessage()).log("a UDP socket was closed with an error");
            }
        }
        if (registration != null) {
            registration.cancel();
        }
    }

    /** Closes {@code socket} after the events of this round. */
    void closeLater(LoopHandle socket) {
        if (closing.isEmpty()) {
            loop.execute(closer);
        }
        closing.add(socket);
    }

    private void closeNow() {
        for (int i = 0; i < closing.size(); i++) {
            close(closing.get(i));
        }
        closing.clear();
    }

    private static void close(LoopHandle socket) {
        try {
            socket.closeNow();
        } catch (Throwable e) {
            ProcessEnd.ifFatal(e);
            SupervisedLoops.log(e);
            socket.closeNow();
        }
    }

    void opened(UdpSocket socket) {
        udpSockets.add(socket);
    }

    void closed(UdpSocket socket) {
        udpSockets.remove(socket);
    }

    /** Whether more connections are open than the limit allows, the newest included. */
    boolean exceedsConnectionLimit() {
        return relays.count() > options.maxConnectionsPerLoop();
    }

    /** Whether any service port may have one more UDP flow. */
    boolean hasRoomForFlow() {
        return flows < options.maxFlowsPerLoop();
    }

    /**
     * Admits one more UDP flow of a service port that has {@code own} already, if the limits allow it. However many
     * clients one has, it leaves room for others.
     */
    boolean admitFlow(int own) {
        int free = options.maxFlowsPerLoop() - flows;
        if (own >= SHARE * free) {
            return false;
        }
        flows++;
        counters.flows.increment();
        counters.activeFlows.increment();
        return true;
    }

    void flowEnded() {
        flows--;
        counters.activeFlows.decrement();
    }

    /** Remembers the connections that are open now. */
    void remember() {
        remembered.clear();
        remembered.addAll(relays.list());
    }

    /** How many of the connections that {@link #remember} saw are still open. */
    int remembered() {
        remembered.removeIf(TcpRelay::hasClientLeft);
        return remembered.size();
    }

    /** Resets every connection. */
    void abortAll() {
        relays.list().forEach(TcpRelay::abort);
        new ArrayList<>(udpSockets).forEach(UdpSocket::end);
        closeNow();
        pipes.close();
    }

    private void sweep() {
        relays.keepAlive();
        long now = System.nanoTime();
        udpSockets.forEach(socket -> socket.expire(now));
    }
}
