// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import dev.sluice.core.model.Portal;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.Protocol;
import dev.sluice.linux.socket.DatagramPeer;
import dev.sluice.userspace.balance.ExcludedUpstreams;
import dev.sluice.userspace.balance.Upstream;
import dev.sluice.userspace.balance.UpstreamPool;
import dev.sluice.userspace.routing.PortBalancer;
import dev.sluice.userspace.routing.PortalRoute;
import dev.sluice.userspace.routing.RefusalReason;
import dev.sluice.userspace.routing.RoutingTable;
import org.jspecify.annotations.Nullable;

/** Opens the flows of one {@link UdpSocket}: finds the portal, chooses an endpoint, and keeps to the limits. */
final class UdpFlowOpener {
    private final LoopContext context;
    private final RoutingTable table;
    private final UdpFlows flows;

    UdpFlowOpener(LoopContext context, RoutingTable table, UdpFlows flows) {
        this.context = context;
        this.table = table;
        this.flows = flows;
    }

    /**
     * Opens a flow to an endpoint that its portal's policy allows. Its datagrams may pass one router less than the
     * first one of its client, as if this host forwarded them: what goes round between nodes whose portals are each
     * other's endpoints ends as it would with them.
     *
     * @param destination what the client sends to
     * @param hopsLeft of the client's datagram, -1 when unknown
     * @param now of {@link System#nanoTime}
     * @return null when there is none, or no room
     */
    @Nullable
    UdpFlow open(UdpSocket socket, DatagramPeer client, Portal.Address destination, int hopsLeft, long now) {
        PortalRoute route = table.find(Protocol.UDP, destination.address(), destination.port());
        if (route == null) {
            return null;
        }
        PortBalancer balancer = route.balancer();
        if (hopsLeft == 0 || hopsLeft == 1) {
            balancer.counters().refused(RefusalReason.LOOP);
            return null;
        }
        IpAddress address = client.address();
        UpstreamPool allowed =
                balancer.endpoints(route.scope(), table.locality().isLocal(address));
        ExcludedUpstreams excluded = null;
        for (int i = 0; i < context.options.userspace().connectTimeouts().size(); i++) {
            Upstream next = balancer.choose(allowed, address, destination.address(), excluded, now);
            if (next == null) {
                break;
            }
            if (!admitFlow(balancer)) {
                return null;
            }
            UdpFlow flow = new UdpFlow(socket, next, client, destination, route, now);
            open(flow, address, hopsLeft - 1);
            if (flow.isWithoutPort()) {
                balancer.counters().refused(RefusalReason.NO_SOURCE_PORT);
                return null;
            }
            if (flows.contains(flow)) {
                balancer.pin(address, next, now);
                return flow;
            }
            excluded = excluded == null ? new ExcludedUpstreams() : excluded;
            excluded.add(next);
        }
        balancer.counters().refused(RefusalReason.NO_ENDPOINT);
        return null;
    }

    /** Admits one more flow, if the service port and the loop allow it. */
    private boolean admitFlow(PortBalancer balancer) {
        if (!balancer.admit()) {
            return false;
        }
        if (context.admitFlow(flows.of(balancer).size())) {
            return true;
        }
        balancer.release();
        return false;
    }

    /** Opens an admitted flow, which has ended if that fails. */
    private void open(UdpFlow flow, IpAddress client, int hops) {
        flows.add(flow);
        flow.upstream().opened();
        boolean kept = table.sources()
                .keeps(
                        flow.balancer(),
                        flow.route().scope(),
                        client,
                        flow.upstream().address(),
                        table.locality());
        flow.connect(kept ? client : null, hops);
    }
}
