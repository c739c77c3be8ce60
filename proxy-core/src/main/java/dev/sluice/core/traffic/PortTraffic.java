package dev.sluice.core.traffic;

import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.IpFamily;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one service port has carried in one family, at all of its addresses together.
 *
 * @param endpoints where it goes at present, those that take no new connections too
 * @param proxy null when the kernel carries it
 */
public record PortTraffic(
        ServicePortName port,
        IpFamily family,
        TrafficTotals carried,
        List<EndpointTraffic> endpoints,
        @Nullable ProxyTraffic proxy) {
    public PortTraffic {
        endpoints = List.copyOf(endpoints);
    }

    /** What the kernel has carried. */
    public PortTraffic(ServicePortName port, IpFamily family, TrafficTotals carried, List<EndpointTraffic> endpoints) {
        this(port, family, carried, endpoints, null);
    }

    PortTraffic withEndpoints(List<EndpointTraffic> others) {
        return new PortTraffic(port, family, carried, others, proxy);
    }
}
