// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.scenario;

import static dev.sluice.conformance.scenario.ServiceTemplate.service;
import static dev.sluice.core.net.Protocol.UDP;

/** The two Services of most scenarios: {@code web} on TCP port 80, {@code dns} on UDP port 53. */
public final class SampleServices {
    private SampleServices() {}

    /** Service {@code web} on Pod b2. */
    public static ServiceTemplate web() {
        return web("b2");
    }

    /** Service {@code web} with an EndpointSlice of these Pods, which may be empty. */
    public static ServiceTemplate web(String... pods) {
        return http("web").on(pods);
    }

    public static ServiceTemplate web(EndpointTemplate... endpoints) {
        return http("web").on(endpoints);
    }

    /** A Service with TCP port 80 and target port 8080, without EndpointSlices. */
    public static ServiceTemplate http(String name) {
        return service(name).port(80, 8080);
    }

    /** Service {@code dns} with an EndpointSlice of these Pods, which may be empty. */
    public static ServiceTemplate dns(String... pods) {
        return dns().on(pods);
    }

    public static ServiceTemplate dns(EndpointTemplate... endpoints) {
        return dns().on(endpoints);
    }

    /** Service {@code dns} without EndpointSlices. */
    public static ServiceTemplate dns() {
        return service("dns").port("dns", UDP, 53, 5353);
    }

    /** A call to Service {@code dns} from a Pod by socket {@code number} of it. */
    public static Probe toDns(String pod, int number) {
        return Probe.fromPod(pod).to("dns", 53).udp().socket(number);
    }
}
