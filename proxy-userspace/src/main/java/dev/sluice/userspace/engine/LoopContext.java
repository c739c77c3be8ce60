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
 * What belongs to one event loop: its open relays and UDP sockets. Everything but the constructor runs on the loop, so
 * there are no locks.
 */
final class LoopContext {
    /** Above the high mark of what waits for one side, reading from the other side stops until the low mark is reached. */
    private static final WriteBufferWaterMark WATER_MARK = new WriteBufferWaterMark(64 << 10, 256 << 10);

    private static final int PIPE_CAPACITY = 256 << 10;
    private static final int IDLE_PIPES = 64;

    /** So many times as many flows as are free may belong to one socket: seven eighths, if it is the only one that wants many. */
    private static final long SHARE = 7;

    final EventLoop loop;
    final EngineOptions options;
    final Counters counters;
    private final AdaptiveRecvByteBufAllocator reads = new AdaptiveRecvByteBufAllocator(1 << 10, 16 << 10, 64 << 10);
    private final Set<TcpRelay> relays = Collections.newSetFromMap(new IdentityHashMap<>());
    private final Set<TcpRelay> then = Collections.newSetFromMap(new IdentityHashMap<>());
    private final Set<UdpSocket> udpSockets = Collections.newSetFromMap(new IdentityHashMap<>());
    /** For the connections whose bytes are moved inside the kernel. */
    final PipePool pipes = new PipePool(PIPE_CAPACITY, IDLE_PIPES);

    private int flows;

    LoopContext(EventLoop loop, EngineOptions options, Counters counters) {
        this.loop = loop;
        this.options = options;
        this.counters = counters;
        reads.maxMessagesPerRead(4);
    }

    /** Sweeps idle UDP flows from now on. */
    void start() {
        long idle = options.userspace().udpIdleTimeout().toMillis();
        long every = Math.max(20, idle / 8);
        var _ = loop.scheduleWithFixedDelay(this::sweep, every, every, TimeUnit.MILLISECONDS);
    }

    /** Sets what Netty's defaults, TCP_NODELAY among them, and the listening sockets' options do not; without a system call. */
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

    /** Whether more connections are open than may be; the one that asks counts. */
    boolean isOverfull() {
        return relays.size() > options.maxConnectionsPerLoop();
    }

    /**
     * Whether one more UDP flow may be opened by a socket that has {@code own} already; counts it if so. However many clients one
     * socket has, it leaves room for others.
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

    /** Remembers the connections that are open now, for {@link #leftOfThen}. */
    void remember() {
        then.clear();
        then.addAll(relays);
    }

    /** How many of the connections that were open then still are. */
    int leftOfThen() {
        then.retainAll(relays);
        return then.size();
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
