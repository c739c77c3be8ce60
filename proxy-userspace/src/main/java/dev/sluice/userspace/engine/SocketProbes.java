// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.Errno;
import dev.sluice.linux.socket.DatagramSockets;
import dev.sluice.linux.socket.StreamSockets;
import java.util.function.IntUnaryOperator;

/** Tries on sockets of its own what those to endpoints need. */
final class SocketProbes {
    private final DatagramSockets datagrams = new DatagramSockets();
    private final StreamSockets sockets = new StreamSockets();

    /** @throws EngineException when this process may not set {@code mark} */
    void requireMark(int mark) {
        int failed = mark == 0 ? 0 : attempt(IpFamily.IPV4, socket -> sockets.mark(socket, mark));
        if (failed != 0) {
            throw new EngineException(
                    "userspace mode must mark what it sends to endpoints (SO_MARK), which takes CAP_NET_ADMIN: "
                            + Errno.describe(-failed));
        }
    }

    /** @throws EngineException when sockets may not have foreign addresses of {@code family} */
    void requireClientSources(IpFamily family) {
        // of the ranges for documentation (RFC 5737, RFC 3849)
        IpAddress foreign = IpAddress.of(family == IpFamily.IPV4 ? "192.0.2.1" : "2001:db8::1");
        int failed = attempt(family, socket -> {
            int refused = datagrams.allowForeign(socket, family);
            return refused == 0 ? sockets.bind(socket, foreign, 0) : refused;
        });
        if (failed != 0) {
            throw new EngineException("sockets cannot have clients' addresses: " + Errno.describe(-failed));
        }
    }

    private int attempt(IpFamily family, IntUnaryOperator call) {
        int socket = datagrams.open(family);
        if (socket < 0) {
            return socket;
        }
        int failed = call.applyAsInt(socket);
        sockets.close(socket);
        return failed;
    }
}
