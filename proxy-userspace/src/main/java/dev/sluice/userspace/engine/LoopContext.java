// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import dev.sluice.linux.socket.PipePool;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.EventLoop;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollSocketChannelConfig;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * The relays, UDP sockets, limits and pipes of one event loop. Everything but the constructor runs on the loop, so
 * there are no locks.
 */
final class LoopContext {
    /**
     * When more bytes wait for one side than the high mark, reading from the other stops until they are fewer than the
     * low mark.
     */
    private static final WriteBufferWaterMark WATER_MARK = new WriteBufferWaterMark(64 << 10, 256 << 10);

    private static final int PIPE_CAPACITY = 256 << 10;
    private static final int IDLE_PIPES = 64;

    /**
     * One socket may have this many times as many flows as are free: seven eighths of all, if it is the only busy one.
     */
    private static final long SHARE = 7;

    final EventLoop loop;
    final EngineOptions options;
    final EngineAdders counters;
    private final AdaptiveRecvByteBufAllocator reads = new AdaptiveRecvByteBufAllocator(1 << 10, 16 << 10, 64 << 10);
    private final Set<TcpRelay> relays = Collections.newSetFromMap(new IdentityHashMap<>());
    private final Set<TcpRelay> remembered = Collections.newSetFromMap(new IdentityHashMap<>());
    private final Set<UdpSocket> udpSockets = Collections.newSetFromMap(new IdentityHashMap<>());
    /** The pipes of spliced connections. */
    final PipePool pipes = new PipePool(PIPE_CAPACITY, IDLE_PIPES);

    private int flows;

    LoopContext(EventLoop loop, EngineOptions options, EngineAdders counters) {
        this.loop = loop;
        this.options = options;
        this.counters = counters;
        reads.maxMessagesPerRead(4);
    }

    /** Starts to sweep idle UDP flows. */
    void start() {
        long idle = options.userspace().udpIdleTimeout().toMillis();
        long every = Math.max(20, idle / 8);
        var _ = loop.scheduleWithFixedDelay(this::sweep, every, every, TimeUnit.MILLISECONDS);
    }

    /** Sets the options of a relay's channel, without a system call; TCP_NODELAY is Netty's default. */
    void configure(EpollSocketChannelConfig config) {
        config.setAllocator(PooledByteBufAllocator.DEFAULT);
        config.setRecvByteBufAllocator(reads);
        config.setWriteBufferWaterMark(WATER_MARK);
        config.setAllowHalfClosure(true);
        config.setAutoRead(false);
    }

    void opened(TcpRelay relay) {
        relays.add(relay);
        counters.accepted.increment();
        counters.active.increment();
    }

    void ended(TcpRelay relay) {
        if (relays.remove(relay)) {
            counters.active.decrement();
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
        return relays.size() > options.maxConnectionsPerLoop();
    }

    /**
     * Admits one more UDP flow of a socket that has {@code own} already, if the limits allow it. However many clients
     * one socket has, it leaves room for others.
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
        remembered.addAll(relays);
    }

    /** How many of the connections that {@link #remember} saw are still open. */
    int remembered() {
        remembered.retainAll(relays);
        return remembered.size();
    }

    /** Resets every connection. */
    void abortAll() {
        List.copyOf(relays).forEach(TcpRelay::abort);
        new ArrayList<>(udpSockets).forEach(UdpSocket::closeNow);
        pipes.close();
    }

    private void sweep() {
        long now = System.nanoTime();
        udpSockets.forEach(socket -> socket.expire(now));
    }
}
