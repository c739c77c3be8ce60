package dev.sluice.userspace;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.conntrack.Conntrack;
import dev.sluice.linux.conntrack.Conntrack.Flow;
import dev.sluice.linux.conntrack.Conntrack.Tuple;
import dev.sluice.userspace.routing.Locality;
import dev.sluice.userspace.routing.Portal;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Forgets the tracked UDP flows that do not go where their portal leads now: to a socket of this process that is gone, to one of
 * the process before, or past the proxy, because the portal was no Service yet. The kernel asks the rules for the first
 * datagram of a flow only, so a client that keeps its port would never get there.
 */
final class StaleFlows {
    private static final Logger LOG = LoggerFactory.getLogger(StaleFlows.class);

    /** Port 0: no socket. */
    private final Map<Portal, Integer> sockets = new HashMap<>();

    /** Notes that {@code portal}'s datagrams now go to the socket of that port, or to none when it is 0. */
    void check(Portal portal, int socketPort) {
        sockets.put(portal, socketPort);
    }

    /** Notes that {@code portal} leads nowhere now, unless another service port has taken it up. */
    void checkGone(Portal portal) {
        sockets.putIfAbsent(portal, 0);
    }

    /** @param proxyAddress where the sockets are bound */
    void forget(Conntrack conntrack, IpFamily family, IpAddress proxyAddress, Locality node) {
        if (sockets.isEmpty()) {
            return;
        }
        try {
            List<Flow> stale = conntrack.list(family, Protocol.UDP).stream()
                    .filter(flow -> isStale(flow, proxyAddress, node))
                    .toList();
            if (!stale.isEmpty()) {
                int deleted = conntrack.delete(stale);
                LOG.debug("{}: {} stale UDP flows forgotten", family, deleted);
            }
        } catch (NetlinkException e) {
            LOG.warn("{}: stale UDP flows stay until they time out: {}", family, e.getMessage());
        }
    }

    private boolean isStale(Flow flow, IpAddress proxyAddress, Locality node) {
        Tuple original = flow.original();
        Integer port =
                sockets.get(new Portal.Address(Protocol.UDP, original.destination(), original.destinationPort()));
        if (port == null && node.isNode(original.destination())) {
            port = sockets.get(new Portal.NodePort(Protocol.UDP, original.destinationPort()));
        }
        return port != null
                && (port == 0
                        || flow.reply().sourcePort() != port
                        || !flow.reply().source().equals(proxyAddress));
    }
}
