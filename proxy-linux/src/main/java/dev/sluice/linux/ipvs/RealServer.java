package dev.sluice.linux.ipvs;

import dev.sluice.core.net.IpAddress;

/**
 * A destination of a virtual server, forwarded to by NAT.
 *
 * @param weight 0 takes no new connections
 */
public record RealServer(IpAddress address, int port, int weight) {

    /** {@code ip:port}. */
    public String key() {
        return address.withPort(port);
    }
}
