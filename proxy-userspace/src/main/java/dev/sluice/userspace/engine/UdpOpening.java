// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.thread.ProcessEnd;
import dev.sluice.userspace.routing.PortBalancer;
import dev.sluice.userspace.routing.RoutingTable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** Opens UDP sockets for a thread that is not their event loop's. */
final class UdpOpening {
    private UdpOpening() {}

    /** Opens a socket on {@code context}'s loop; blocks until it is bound. */
    static UdpSocket open(LoopContext context, RoutingTable table, PortBalancer balancer, IpAddress address) {
        CompletableFuture<UdpSocket> opened = new CompletableFuture<>();
        context.loop.execute(() -> {
            try {
                UdpSocket socket = new UdpSocket(context, table, balancer);
                SupervisedLoops.after(socket.bind(address), socket::closeNow, bound -> {
                    if (bound.isSuccess()) {
                        opened.complete(socket);
                    } else {
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
            ProcessEnd.ifFatal(e);
            throw new EngineException(
                    "cannot open the UDP socket of " + balancer.name() + " on " + address + ": " + reason(e), e);
        }
    }

    private static String reason(CompletionException e) {
        Throwable cause = e.getCause();
        return String.valueOf(cause == null ? e.getMessage() : cause.getMessage());
    }
}
