package dev.sluice.core.flows;

import dev.sluice.core.model.ServicePort;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.Protocol;
import java.util.LinkedHashSet;
import java.util.Set;

/** What clients send to in order to reach a service port. */
public sealed interface FlowPortal {

    Protocol protocol();

    int port();

    /** A cluster, external or load balancer address. */
    record OnAddress(Protocol protocol, IpAddress address, int port) implements FlowPortal {}

    /** A port on every address of the node that serves node ports. */
    record OnNode(Protocol protocol, int port) implements FlowPortal {}

    /** The portals of {@code service}. */
    static Set<FlowPortal> of(ServicePort service) {
        Set<FlowPortal> portals = new LinkedHashSet<>();
        portals.add(onAddress(service, service.clusterIp()));
        service.externalIps().forEach(address -> portals.add(onAddress(service, address)));
        service.loadBalancerVips().forEach(address -> portals.add(onAddress(service, address)));
        if (service.nodePort() != 0) {
            portals.add(new OnNode(service.protocol(), service.nodePort()));
        }
        return portals;
    }

    private static FlowPortal onAddress(ServicePort service, IpAddress address) {
        return new OnAddress(service.protocol(), address, service.port());
    }
}
