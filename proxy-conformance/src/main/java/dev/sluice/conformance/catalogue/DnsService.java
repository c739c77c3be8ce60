package dev.sluice.conformance.catalogue;

import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.ServiceTemplate.service;
import static dev.sluice.core.net.Protocol.UDP;

import dev.sluice.conformance.scenario.EndpointTemplate;
import dev.sluice.conformance.scenario.Probe;
import dev.sluice.conformance.scenario.ServiceTemplate;

/** The Service {@code dns} of flow scenarios: UDP port 53. */
final class DnsService {
    private DnsService() {}

    /** A call of a Pod that keeps its source port. */
    static Probe pod(String host, int port) {
        return fromPod(host).to("dns", 53).udp().sourcePort(port);
    }

    static ServiceTemplate dns(String... pods) {
        return nobody().on(pods);
    }

    static ServiceTemplate dns(EndpointTemplate... endpoints) {
        return nobody().on(endpoints);
    }

    /** The Service without endpoints. */
    static ServiceTemplate nobody() {
        return service("dns").port("dns", UDP, 53, 5353);
    }
}
