// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.SocketAddress;
import dev.sluice.linux.socket.StreamSockets;
import org.jspecify.annotations.Nullable;

/** Finds the original destination of an accepted connection, from before the redirect. */
@FunctionalInterface
public interface OriginalDestinations {

    /** Asks conntrack. */
    OriginalDestinations CONNTRACK = StreamSockets::originalDestination;

    /**
     * The destination of a connection.
     *
     * @param sockets of the event loop that has accepted it
     * @param accepted its descriptor
     * @return null when the kernel does not know the connection, or no longer
     */
    @Nullable
    SocketAddress of(StreamSockets sockets, int accepted, IpFamily family);
}
