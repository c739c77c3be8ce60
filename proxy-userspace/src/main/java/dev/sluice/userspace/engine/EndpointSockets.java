// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.Errno;
import dev.sluice.userspace.balance.Upstream;
import dev.sluice.userspace.config.ProxyMark;
import org.jspecify.annotations.Nullable;

/** Opens sockets to endpoints, with the client's address or the node's. */
final class EndpointSockets {
    private EndpointSockets() {}

    /**
     * Opens a TCP socket.
     *
     * @param source null for an address of the node
     * @return its descriptor, or a negative error number
     */
    static int open(LoopContext context, IpFamily family, @Nullable IpAddress source) {
        int socket = marked(context, context.sockets.open(family), source);
        return socket < 0 || source == null
                ? socket
                : unlessFailed(context, socket, context.sockets.allowForeign(socket, family));
    }

    /** Opens a UDP socket, as {@link #open} does. */
    static int openDatagram(LoopContext context, IpFamily family, @Nullable IpAddress source) {
        int socket = marked(context, context.datagramSockets.open(family), source);
        return socket < 0 || source == null
                ? socket
                : unlessFailed(context, socket, context.datagramSockets.allowForeign(socket, family));
    }

    private static int marked(LoopContext context, int socket, @Nullable IpAddress source) {
        int mark = source == null ? context.options.socketMark() : ProxyMark.MASK;
        return socket < 0 || mark == 0 ? socket : unlessFailed(context, socket, context.sockets.mark(socket, mark));
    }

    private static int unlessFailed(LoopContext context, int socket, int failed) {
        if (failed != 0) {
            context.sockets.close(socket);
            return failed;
        }
        return socket;
    }

    /** Begins to connect; returns 0 or an error number. */
    static int connect(LoopContext context, int socket, Upstream upstream, @Nullable IpAddress source) {
        int failed = source == null ? 0 : context.sockets.bind(socket, source, 0);
        if (failed == 0) {
            failed = context.sockets.connect(socket, upstream.address(), upstream.port());
        }
        return failed == -Errno.EINPROGRESS ? 0 : -failed;
    }
}
