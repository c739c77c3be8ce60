// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.kernel;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.ipvs.Ipvs;
import dev.sluice.linux.ipvs.RealServerState;
import dev.sluice.linux.ipvs.VirtualServerKey;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The real servers of all virtual servers of a family: from one read of the kernel's table, and by a dump of its own
 * for each server that the table leaves out.
 *
 * <p>The kernel prints the table in pieces of a page, and counts its position by the servers of all network namespaces
 * within a piece, but by those of ours at the start of the next one. So where other namespaces have virtual servers
 * too, some of ours are left out (net/netfilter/ipvs/ip_vs_ctl.c, {@code ip_vs_info_seq_next} and
 * {@code ip_vs_info_array}).
 */
public final class RealServerTable {
    private final Ipvs ipvs;
    private final Map<VirtualServerKey, List<RealServerState>> listed;
    private @Nullable Set<VirtualServerKey> existing;

    private RealServerTable(
            Ipvs ipvs, Map<VirtualServerKey, List<RealServerState>> listed, @Nullable Set<VirtualServerKey> existing) {
        this.ipvs = ipvs;
        this.listed = listed;
        this.existing = existing;
    }

    public static RealServerTable read(Ipvs ipvs, IpFamily family) throws NetlinkException {
        return new RealServerTable(ipvs, ipvs.realServers(family), null);
    }

    /** The same for a caller that knows which virtual servers there are. */
    public static RealServerTable read(Ipvs ipvs, IpFamily family, Set<VirtualServerKey> existing)
            throws NetlinkException {
        return new RealServerTable(ipvs, ipvs.realServers(family), existing);
    }

    /** Null when there is no such virtual server. */
    @Nullable
    public List<RealServerState> of(VirtualServerKey key) throws NetlinkException {
        List<RealServerState> found = listed.get(key);
        return found == null && exists(key) ? ipvs.realServers(key) : found;
    }

    /** Whether {@link #of} has to ask the kernel. */
    public boolean leavesOut(VirtualServerKey key) throws NetlinkException {
        return !listed.containsKey(key) && exists(key);
    }

    private boolean exists(VirtualServerKey key) throws NetlinkException {
        if (existing == null) {
            existing = ipvs.virtualServers().stream().map(s -> s.server().key()).collect(Collectors.toSet());
        }
        return existing.contains(key);
    }
}
