// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.rules;

import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.linux.ipset.IpSet;
import java.util.ArrayList;
import java.util.List;

/** Names the IP sets of one family. Their number is fixed; a Service is a few of their elements. */
public final class PortalSets {
    private PortalSets() {}

    /** The service addresses of {@code access}: {@code hash:ip,port}. */
    public static IpSet addresses(IpFamily family, PortalAccess access) {
        return hash(family, access.setSuffix(), IpSet.Type.HASH_IP_PORT);
    }

    /** The node ports of {@code access}: {@code bitmap:port}. */
    public static IpSet nodePorts(IpFamily family, Protocol protocol, PortalAccess access) {
        return ports(family, "NODE-" + protocol + "-" + access.setSuffix());
    }

    /** The load balancer addresses with source ranges: {@code hash:ip,port}. */
    public static IpSet fenced(IpFamily family) {
        return hash(family, "FENCED", IpSet.Type.HASH_IP_PORT);
    }

    /** The source ranges of these addresses: {@code hash:ip,port,net}. */
    public static IpSet allowed(IpFamily family) {
        return hash(family, "ALLOWED", IpSet.Type.HASH_IP_PORT_NET);
    }

    /** All sets. */
    public static List<IpSet> all(IpFamily family) {
        List<IpSet> sets = new ArrayList<>();
        for (PortalAccess access : PortalAccess.values()) {
            sets.add(addresses(family, access));
            sets.add(nodePorts(family, Protocol.TCP, access));
            sets.add(nodePorts(family, Protocol.UDP, access));
        }
        sets.add(fenced(family));
        sets.add(allowed(family));
        return sets;
    }

    /** Whether a set of that name is of this mode and family, of this release or another. */
    public static boolean owns(IpFamily family, String name) {
        return name.startsWith(prefix(family)) && (family == IpFamily.IPV6 || !name.startsWith(prefix(IpFamily.IPV6)));
    }

    private static IpSet hash(IpFamily family, String word, IpSet.Type type) {
        return IpSet.of(prefix(family) + word, type, family);
    }

    private static IpSet ports(IpFamily family, String word) {
        return new IpSet(prefix(family) + word, IpSet.Type.BITMAP_PORT, family, 1 << 16);
    }

    /** Sets of both families share one name space. */
    private static String prefix(IpFamily family) {
        return family == IpFamily.IPV4 ? "SLUICE-" : "SLUICE-6-";
    }
}
