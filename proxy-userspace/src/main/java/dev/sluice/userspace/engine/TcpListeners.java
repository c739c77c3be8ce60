// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import dev.sluice.linux.Errno;
import dev.sluice.linux.socket.StreamSockets;
import dev.sluice.userspace.routing.RoutingTable;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;

/** The listening TCP sockets of one family: one for each event loop, sharing a port by SO_REUSEPORT. */
final class TcpListeners {
    private static final int BACKLOG = 4096;

    private record Open(EventLoop loop, TcpListener listener) {}

    private final int port;
    private final List<Open> all;

    private TcpListeners(int port, List<Open> all) {
        this.port = port;
        this.all = all;
    }

    static TcpListeners open(List<LoopContext> contexts, RoutingTable table, OriginalDestinations destinations) {
        StreamSockets sockets = new StreamSockets();
        List<Open> all = new ArrayList<>();
        int port = 0;
        for (LoopContext context : contexts) {
            int socket = sockets.listen(table.family(), port, BACKLOG);
            if (socket < 0) {
                new TcpListeners(port, all).close();
                throw new EngineException(
                        "cannot listen for " + table.family() + " TCP connections: " + Errno.describe(-socket));
            }
            TcpListener listener = new TcpListener(context, table, destinations, socket);
            all.add(new Open(context.loop, listener));
            listener.start();
            port = sockets.port(socket);
        }
        return new TcpListeners(port, List.copyOf(all));
    }

    int port() {
        return port;
    }

    int count() {
        return all.size();
    }

    void close() {
        for (Open one : all) {
            one.loop()
                    .submit(() -> {
                        one.listener().close();
                        return true;
                    })
                    .awaitUninterruptibly();
        }
    }
}
