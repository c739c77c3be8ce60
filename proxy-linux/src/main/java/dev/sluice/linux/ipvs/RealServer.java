// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.ipvs;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.SocketAddress;

/**
 * A real server of a virtual server, forwarded to by NAT.
 *
 * @param weight 0 takes no new connections
 * @param upperThreshold the number of connections above which it takes no new ones, unsigned; 0 for no limit
 */
public record RealServer(IpAddress address, int port, int weight, int upperThreshold) {

    /** Without a limit. */
    public RealServer(IpAddress address, int port, int weight) {
        this(address, port, weight, 0);
    }

    /** Its identity within a virtual server. */
    public SocketAddress socketAddress() {
        return new SocketAddress(address, port);
    }
}
