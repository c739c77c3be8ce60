package dev.sluice.userspace.rules;

import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.linux.ipset.IpSet;
import java.util.ArrayList;
import java.util.List;

/** The IP sets of one family. Their number is fixed; a Service is a few elements of them. */
public final class PortalSets {
    private PortalSets() {}

    /** The service addresses of that access: {@code hash:ip,port}. */
    public static IpSet addresses(IpFamily family, PortalAccess access) {
        return hash(family, access.setSuffix(), IpSet.Type.HASH_IP_PORT);
    }

    /** The node ports of that access: {@code bitmap:port}. */
    public static IpSet nodePorts(IpFamily family, Protocol protocol, PortalAccess access) {
        return ports(family, "NODE-" + protocol + "-" + access.setSuffix());
    }

    /** The load balancer addresses that only some clients may use: {@code hash:ip,port}. */
    public static IpSet fenced(IpFamily family) {
        return hash(family, "FENCED", IpSet.Type.HASH_IP_PORT);
    }

    /** Those clients: {@code hash:ip,port,net}. */
    public static IpSet allowed(IpFamily family) {
        return hash(family, "ALLOWED", IpSet.Type.HASH_IP_PORT_NET);
    }

    /** The ports of the proxy's own UDP sockets: {@code bitmap:port}. */
    public static IpSet udpSockets(IpFamily family) {
        return ports(family, "UDP-SOCKETS");
    }

    /** All of them. */
    public static List<IpSet> all(IpFamily family) {
        List<IpSet> sets = new ArrayList<>();
        for (PortalAccess access : PortalAccess.values()) {
            sets.add(addresses(family, access));
            sets.add(nodePorts(family, Protocol.TCP, access));
            sets.add(nodePorts(family, Protocol.UDP, access));
        }
        sets.add(fenced(family));
        sets.add(allowed(family));
        sets.add(udpSockets(family));
        return sets;
    }

    private static IpSet hash(IpFamily family, String word, IpSet.Type type) {
        return IpSet.of(prefix(family) + word, type, family);
    }

    private static IpSet ports(IpFamily family, String word) {
        return new IpSet(prefix(family) + word, IpSet.Type.BITMAP_PORT, family, 1 << 16);
    }

    /** Sets of both families share one space of names. */
    private static String prefix(IpFamily family) {
        return family == IpFamily.IPV4 ? "SLUICE-" : "SLUICE-6-";
    }
}
