package dev.sluice.ipvs.explain;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.trace.Packet;
import dev.sluice.ipvs.rules.KubeSet;
import dev.sluice.linux.ipset.SetEntry;

/** A packet's header at one point of its way: the destination changes when IPVS has chosen. */
public record PacketFields(Packet packet, IpAddress destination, int destinationPort) {

    /** The element that a rule asks a set for, with {@code directions} such as {@code dst,dst,src}. */
    SetEntry element(KubeSet set, String directions) {
        String[] fields = directions.split(",", -1);
        return switch (set.type()) {
            case HASH_IP -> new SetEntry.Ip(address(fields[0]));
            case HASH_IP_PORT -> new SetEntry.IpPort(address(fields[0]), packet.protocol(), port(fields[1]));
            case HASH_IP_PORT_IP ->
                new SetEntry.IpPortIp(address(fields[0]), packet.protocol(), port(fields[1]), address(fields[2]));
            case BITMAP_PORT -> new SetEntry.Port(port(fields[0]));
            case HASH_IP_PORT_NET ->
                throw new IllegalArgumentException("a set of ranges is searched, not asked: " + set);
        };
    }

    private IpAddress address(String direction) {
        return direction.equals("src") ? packet.source() : destination;
    }

    private int port(String direction) {
        return direction.equals("src") ? packet.sourcePort() : destinationPort;
    }
}
