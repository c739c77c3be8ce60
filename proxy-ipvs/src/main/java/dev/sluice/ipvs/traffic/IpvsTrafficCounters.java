// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.traffic;

import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.SocketAddress;
import dev.sluice.core.traffic.EndpointTraffic;
import dev.sluice.core.traffic.PortTraffic;
import dev.sluice.core.traffic.TrafficCounters;
import dev.sluice.core.traffic.TrafficException;
import dev.sluice.core.traffic.TrafficTotals;
import dev.sluice.ipvs.kernel.RealServerTable;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.ipvs.Ipvs;
import dev.sluice.linux.ipvs.IpvsStats;
import dev.sluice.linux.ipvs.RealServerState;
import dev.sluice.linux.ipvs.VirtualServerKey;
import dev.sluice.linux.ipvs.VirtualServerState;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The kernel's counters of the virtual servers: one dump has what each virtual server has carried, and one read of the
 * kernel's table for each family has the connections of all real servers, except those that it leaves out
 * ({@link RealServerTable}): of these the servers with the most bytes are read one by one, and the others show no
 * endpoints. What a real server has carried is in neither; the kernel has it only in a dump for each virtual server.
 *
 * <p>The kernel adds its counters up every two seconds (net/netfilter/ipvs/ip_vs_est.c), and never with {@code
 * net.ipv4.vs.run_estimation=0}.
 */
public final class IpvsTrafficCounters implements TrafficCounters {
    /** At most this many virtual servers that the table leaves out are read one by one. */
    private static final int READ_ONE_BY_ONE = 1000;

    /** The service ports of virtual servers, in one family. Called on any thread. */
    public interface Owners {
        IpFamily family();

        /** Gives each virtual server of the last successful sync to {@code each}, with its service port. */
        void forEachServer(BiConsumer<VirtualServerKey, ServicePortName> each);
    }

    private final Ipvs ipvs;
    private final List<Owners> backends;
    private final TrafficLedger ledger = new TrafficLedger();

    /**
     * Holds {@code ipvs} from now on.
     *
     * @param ipvs a handle that nothing else uses
     * @param backends one for each family
     */
    public IpvsTrafficCounters(Ipvs ipvs, List<? extends Owners> backends) {
        this.ipvs = ipvs;
        this.backends = List.copyOf(backends);
    }

    @Override
    public synchronized List<PortTraffic> read() throws TrafficException {
        Map<VirtualServerKey, ServicePortName> owners = new HashMap<>();
        backends.forEach(backend -> backend.forEachServer(owners::put));
        try {
            Map<VirtualServerKey, TrafficTotals> counted = counted();
            Map<TrafficLedger.Account, TrafficTotals> totals = ledger.update(owners, counted);
            var endpoints = endpoints(owners, counted);
            List<PortTraffic> ports = new ArrayList<>(totals.size());
            totals.forEach((account, carried) -> ports.add(new PortTraffic(
                    account.port(),
                    account.family(),
                    carried,
                    List.copyOf(endpoints
                            .getOrDefault(account, new LinkedHashMap<>())
                            .values()))));
            return ports;
        } catch (NetlinkException e) {
            throw new TrafficException("the traffic counters of IPVS: " + e.getMessage(), e);
        }
    }

    private Map<VirtualServerKey, TrafficTotals> counted() throws NetlinkException {
        Map<VirtualServerKey, TrafficTotals> counted = new HashMap<>();
        for (VirtualServerState state : ipvs.virtualServers()) {
            counted.put(state.server().key(), traffic(state.stats()));
        }
        return counted;
    }

    private static TrafficTotals traffic(IpvsStats stats) {
        return new TrafficTotals(
                stats.connections(), stats.inPackets(), stats.outPackets(), stats.inBytes(), stats.outBytes());
    }

    private Map<TrafficLedger.Account, Map<SocketAddress, EndpointTraffic>> endpoints(
            Map<VirtualServerKey, ServicePortName> owners, Map<VirtualServerKey, TrafficTotals> counted)
            throws NetlinkException {
        Map<TrafficLedger.Account, Map<SocketAddress, EndpointTraffic>> endpoints = new HashMap<>();
        for (Owners backend : backends) {
            IpFamily family = backend.family();
            RealServerTable table = RealServerTable.read(ipvs, family, counted.keySet());
            List<VirtualServerKey> leftOut = new ArrayList<>();
            for (VirtualServerKey key : owners.keySet()) {
                if (key.family() != family) {
                    continue;
                }
                if (table.leavesOut(key)) {
                    leftOut.add(key);
                } else {
                    add(key, table.of(key), owners, endpoints);
                }
            }
            leftOut.sort(Comparator.comparingLong((VirtualServerKey key) ->
                    -counted.getOrDefault(key, TrafficTotals.NONE).bytes()));
            for (VirtualServerKey key : leftOut.subList(0, Math.min(READ_ONE_BY_ONE, leftOut.size()))) {
                add(key, table.of(key), owners, endpoints);
            }
        }
        return endpoints;
    }

    private static void add(
            VirtualServerKey key,
            @Nullable List<RealServerState> realServers,
            Map<VirtualServerKey, ServicePortName> owners,
            Map<TrafficLedger.Account, Map<SocketAddress, EndpointTraffic>> endpoints) {
        ServicePortName owner = owners.get(key);
        if (realServers != null && owner != null) {
            var of = endpoints.computeIfAbsent(
                    new TrafficLedger.Account(owner, key.family()), account -> new LinkedHashMap<>());
            realServers.forEach(d -> of.merge(d.server().socketAddress(), endpoint(d), EndpointTraffic::plus));
        }
    }

    private static EndpointTraffic endpoint(RealServerState state) {
        return new EndpointTraffic(
                state.server().address(),
                state.server().port(),
                state.server().weight(),
                state.activeConnections(),
                state.inactiveConnections());
    }

    @Override
    public void close() {
        ipvs.close();
    }
}
