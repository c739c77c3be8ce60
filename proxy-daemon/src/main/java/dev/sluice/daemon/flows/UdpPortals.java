package dev.sluice.daemon.flows;

import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.model.ServicePort;
import dev.sluice.core.net.IpAddress;
import dev.sluice.linux.conntrack.Conntrack.Flow;
import dev.sluice.linux.conntrack.Conntrack.Tuple;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Where datagrams to the addresses of some service ports may be going, and which flows are going elsewhere. */
final class UdpPortals {
    private final Map<Portal, Destinations> byAddress = new HashMap<>();
    private final Map<Integer, Destinations> byNodePort = new HashMap<>();

    private record Portal(IpAddress address, int port) {}

    /**
     * @param untranslated whether a flow that reaches the service address itself is wrong too: one that began before the
     *     service port had an endpoint
     */
    private record Destinations(Set<Portal> endpoints, boolean untranslated) {
        boolean allow(Flow flow) {
            Portal reached = new Portal(flow.reply().source(), flow.reply().sourcePort());
            boolean translated = !reached.equals(portalOf(flow.original()));
            return endpoints.contains(reached) || (!translated && !untranslated);
        }
    }

    /** A service port in force. Endpoints that still answer keep their flows, ready or not, whatever the policy. */
    void inForce(ResolvedPort port) {
        Set<Portal> serving = port.endpoints().all().stream()
                .filter(Endpoint::serving)
                .map(e -> new Portal(e.address(), e.port()))
                .collect(Collectors.toSet());
        put(port.service(), new Destinations(serving, true));
    }

    /** A service port as it was; addresses that another one has now belong to that one. Call after {@link #inForce}. */
    void was(ResolvedPort port) {
        put(port.service(), new Destinations(Set.of(), false));
    }

    private void put(ServicePort service, Destinations destinations) {
        Stream.of(Stream.of(service.clusterIp()), service.externalIps().stream(), service.loadBalancerVips().stream())
                .flatMap(addresses -> addresses)
                .forEach(address -> byAddress.putIfAbsent(new Portal(address, service.port()), destinations));
        if (service.nodePort() != 0) {
            byNodePort.putIfAbsent(service.nodePort(), destinations);
        }
    }

    boolean hasNodePorts() {
        return !byNodePort.isEmpty();
    }

    /** Whether {@code flow} was made for one of the service ports and leads where none of their endpoints answers. */
    boolean isStale(Flow flow, Set<IpAddress> nodeAddresses) {
        Portal portal = portalOf(flow.original());
        Destinations destinations = byAddress.get(portal);
        if (destinations == null && nodeAddresses.contains(portal.address())) {
            destinations = byNodePort.get(portal.port());
        }
        return destinations != null && !destinations.allow(flow);
    }

    private static Portal portalOf(Tuple original) {
        return new Portal(original.destination(), original.destinationPort());
    }
}
