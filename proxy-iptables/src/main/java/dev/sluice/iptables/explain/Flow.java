package dev.sluice.iptables.explain;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.trace.Packet;
import java.util.Set;

/**
 * A packet on its way through the tables: what it was, and what rules made of it so far.
 *
 * @param local the addresses of the node
 * @param rewritten whether the destination is an endpoint by now
 */
public record Flow(Packet packet, Set<IpAddress> local, IpAddress destination, int port, boolean rewritten, int mark) {

    public static Flow of(Packet packet, Set<IpAddress> local) {
        return new Flow(packet, local, packet.destination(), packet.destinationPort(), false, 0);
    }

    Flow to(IpAddress address, int toPort) {
        return new Flow(packet, local, address, toPort, true, mark);
    }

    Flow marked(int value) {
        return new Flow(packet, local, destination, port, rewritten, value);
    }

    boolean isLocal(IpAddress address) {
        return address.isLoopback() || local.contains(address);
    }

    /** What conntrack says of the first packet of a connection. */
    Set<String> states() {
        return rewritten ? Set.of("NEW", "DNAT") : Set.of("NEW");
    }
}
