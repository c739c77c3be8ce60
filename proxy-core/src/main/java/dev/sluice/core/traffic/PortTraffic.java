package dev.sluice.core.traffic;

import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.IpFamily;
import java.util.List;

/**
 * What one service port has carried in one family, at all of its addresses together.
 *
 * @param endpoints where it goes at present, those that take no new connections too
 */
public record PortTraffic(ServicePortName port, IpFamily family, Traffic carried, List<EndpointTraffic> endpoints) {
    public PortTraffic {
        endpoints = List.copyOf(endpoints);
    }

    PortTraffic withEndpoints(List<EndpointTraffic> others) {
        return new PortTraffic(port, family, carried, others);
    }
}
