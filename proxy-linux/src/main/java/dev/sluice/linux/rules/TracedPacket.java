// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.rules;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.trace.Packet;

/**
 * The first packet of a connection on its way through the tables: what it was, and what rules made of it so far.
 *
 * @param packet as it entered the node
 * @param destination its present destination address
 * @param port its present destination port
 * @param mark its firewall mark
 * @param rewritten whether a rule gave it another destination
 */
public record TracedPacket(Packet packet, IpAddress destination, int port, int mark, boolean rewritten) {

    /** {@code packet} before it meets any rule. */
    public static TracedPacket of(Packet packet) {
        return new TracedPacket(packet, packet.destination(), packet.destinationPort(), 0, false);
    }

    /** The packet after DNAT. */
    public TracedPacket to(IpAddress address, int toPort) {
        return new TracedPacket(packet, address, toPort, mark, true);
    }

    /** The packet with another source, which a rule wrote into it. */
    public TracedPacket from(IpAddress source) {
        Packet changed = new Packet(
                packet.protocol(),
                source,
                packet.sourcePort(),
                packet.destination(),
                packet.destinationPort(),
                packet.origin(),
                packet.inInterface());
        return new TracedPacket(changed, destination, port, mark, rewritten);
    }

    /** The packet with another destination, which a rule wrote into it without translating the connection. */
    public TracedPacket withDestination(IpAddress address) {
        return new TracedPacket(packet, address, port, mark, rewritten);
    }

    /** The packet with another mark. */
    public TracedPacket marked(int value) {
        return new TracedPacket(packet, destination, port, value, rewritten);
    }

    IpAddress address(Side side) {
        return side == Side.SOURCE ? packet.source() : destination;
    }

    int port(Side side) {
        return side == Side.SOURCE ? packet.sourcePort() : port;
    }
}
