package dev.sluice.linux.route;

import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import java.util.Optional;

/**
 * A unicast route.
 *
 * @param gateway the next hop; empty when the destination is on the link
 * @param linkIndex the link that it leaves by, 0 when it is left to the kernel to find from the gateway
 * @param table {@link #MAIN} or another
 * @param source the preferred source address
 */
public record Route(
        Cidr destination, Optional<IpAddress> gateway, int linkIndex, int table, Optional<IpAddress> source) {
    /** The table that ordinary routes are in. */
    public static final int MAIN = 254;

    /** A route of the main table through a gateway. */
    public static Route via(Cidr destination, IpAddress gateway) {
        return new Route(destination, Optional.of(gateway), 0, MAIN, Optional.empty());
    }

    /** A route of the main table to what is on a link. */
    public static Route onLink(Cidr destination, int linkIndex) {
        return new Route(destination, Optional.empty(), linkIndex, MAIN, Optional.empty());
    }

    /** As {@code ip route} prints it, with the link's number for its name. */
    @Override
    public String toString() {
        return destination
                + gateway.map(address -> " via " + address).orElse("")
                + (linkIndex == 0 ? "" : " dev " + linkIndex)
                + (table == MAIN ? "" : " table " + table)
                + source.map(address -> " src " + address).orElse("");
    }
}
