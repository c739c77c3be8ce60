// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import dev.sluice.core.net.SocketAddress;
import dev.sluice.core.thread.ProcessEnd;
import dev.sluice.userspace.routing.PortBalancer;
import dev.sluice.userspace.routing.RoutingTable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** The UDP sockets of one family: one for each event loop, sharing a port by SO_REUSEPORT. */
public final class UdpSockets {
    /** Datagrams of all Services wait in one socket: up to about 5,000 small ones, or 60 of the largest size. */
    private static final int WAITING_BYTES = 4 << 20;

    private final SocketAddress address;
    private final List<UdpSocket> sockets;

    private UdpSockets(SocketAddress address, List<UdpSocket> sockets) {
        this.address = address;
        this.sockets = List.copyOf(sockets);
    }

    /**
     * Opens them on the loops of {@code contexts}; blocks until they are bound.
     *
     * @param address with a port that is used if it is free, or 0
     */
    static UdpSockets open(
            List<LoopContext> contexts,
            RoutingTable table,
            SocketAddress address,
            DatagramDestinations.Opener destinations) {
        try {
            return openAll(contexts, table, address, destinations);
        } catch (EngineException e) {
            if (address.port() == 0) {
                throw e;
            }
            return openAll(contexts, table, new SocketAddress(address.address(), 0), destinations);
        }
    }

    private static UdpSockets openAll(
            List<LoopContext> contexts,
            RoutingTable table,
            SocketAddress address,
            DatagramDestinations.Opener destinations) {
        SocketAddress shared = address;
        List<UdpSocket> sockets = new ArrayList<>();
        try {
            for (LoopContext context : contexts) {
                UdpSocket socket = open(context, table, shared, sockets.isEmpty(), destinations);
                sockets.add(socket);
                shared = socket.local();
            }
        } catch (CompletionException e) {
            ProcessEnd.ifFatal(e);
            new UdpSockets(shared, sockets).close();
            Throwable cause = e.getCause();
            throw new EngineException(
                    "cannot open a UDP socket on " + address.address() + ": "
                            + (cause == null ? e.getMessage() : cause.getMessage()),
                    e);
        }
        return new UdpSockets(shared, sockets);
    }

    private static UdpSocket open(
            LoopContext context,
            RoutingTable table,
            SocketAddress address,
            boolean first,
            DatagramDestinations.Opener destinations) {
        CompletableFuture<UdpSocket> opened = new CompletableFuture<>();
        context.loop.execute(() -> {
            try {
                opened.complete(UdpSocket.open(context, table, address, first, destinations));
            } catch (RuntimeException e) {
                opened.completeExceptionally(e);
            }
        });
        return opened.join();
    }

    /**
     * Binds a socket; returns its descriptor, or a negative error number.
     *
     * @param first whether the port must be free; otherwise the sockets before share it
     */
    static int bind(LoopContext context, SocketAddress address, boolean first) {
        int opened = context.datagramSockets.open(address.address().family());
        if (opened < 0) {
            return opened;
        }
        context.datagramSockets.enlarge(opened, WAITING_BYTES);
        context.datagramSockets.coalesce(opened);
        context.datagramSockets.reportHops(opened, address.address().family());
        if (!first) {
            context.datagramSockets.sharePort(opened);
        }
        int failed = context.sockets.bind(opened, address.address(), address.port());
        if (failed < 0) {
            context.sockets.close(opened);
            return failed;
        }
        if (first) {
            // only now: otherwise it might be the port of another process that shares it
            context.datagramSockets.sharePort(opened);
        }
        return opened;
    }

    /** What all of them are bound to. */
    public SocketAddress address() {
        return address;
    }

    public int count() {
        return sockets.size();
    }

    /**
     * Ends the flows of {@code balancers} whose endpoints no longer answer, or to which their portals no longer lead.
     */
    public void portsChanged(Collection<PortBalancer> balancers) {
        if (!balancers.isEmpty()) {
            sockets.forEach(socket -> onLoop(socket, () -> socket.portsChanged(balancers)));
        }
    }

    /** Ends every flow and closes the sockets, unless the engine has ended and done so already. */
    public void close() {
        sockets.forEach(socket -> onLoop(socket, socket::end));
    }

    private static void onLoop(UdpSocket socket, Runnable task) {
        if (!socket.context().loop.isShuttingDown()) {
            socket.context().loop.execute(task);
        }
    }
}
