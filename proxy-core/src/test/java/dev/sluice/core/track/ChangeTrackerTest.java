// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.track;

import static dev.sluice.core.fixture.EndpointBuilder.endpoint;
import static dev.sluice.core.fixture.ServiceBuilder.service;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.model.LocalReadiness;
import dev.sluice.core.model.NoLocalEndpoints;
import dev.sluice.core.model.Problem;
import dev.sluice.core.net.IpFamily;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The sums and problems of all tracked objects. */
class ChangeTrackerTest extends TrackerFixture {
    @Test
    void localReadinessFollowsTheEndpoints() {
        tracker.update(web().type("LoadBalancer")
                .externalPolicy("Local")
                .healthCheckNodePort(32000)
                .ingress("203.0.113.1", "")
                .build());
        take(IpFamily.IPV4);
        assertThat(tracker.snapshot(IpFamily.IPV4).localReadiness())
                .isEqualTo(Map.of(WEB, new LocalReadiness(32000, 0)));
        tracker.update(webSlice(1)
                .add(endpoint("10.0.0.1").node("node-a"))
                .add(endpoint("10.0.0.2").node("node-b"))
                .build());
        take(IpFamily.IPV4);
        assertThat(tracker.snapshot(IpFamily.IPV4).localReadiness())
                .isEqualTo(Map.of(WEB, new LocalReadiness(32000, 1)));
        tracker.deleteService(WEB);
        take(IpFamily.IPV4);
        assertThat(tracker.snapshot(IpFamily.IPV4).localReadiness()).isEmpty();
    }

    @Test
    void withoutLocalFollowsTheEndpoints() {
        tracker.update(web().internalPolicy("Local").build());
        tracker.update(webSlice(1).ready("10.0.0.1").build());
        take(IpFamily.IPV4);
        assertThat(tracker.snapshot(IpFamily.IPV4).noLocalEndpoints()).isEqualTo(new NoLocalEndpoints(1, 0));
        tracker.deleteEndpointSlice("shop", "web-1");
        take(IpFamily.IPV4);
        assertThat(tracker.snapshot(IpFamily.IPV4).noLocalEndpoints()).isEqualTo(NoLocalEndpoints.NONE);
    }

    @Test
    void comeAndGoWithTheirObject() {
        tracker.update(web().port("bad", 0)
                .families("IPv4", "10.96.0.1", "IPv6", "fd00::1")
                .build());
        assertThat(tracker.problems()).extracting(Problem::field).containsExactly("spec.ports[1].port");
        assertThat(tracker.problems()).isSameAs(tracker.problems());
        tracker.deleteService(WEB);
        assertThat(tracker.problems()).isEmpty();
    }

    @Test
    void badServiceDoesNotStopTheOthers() {
        tracker.update(
                service("shop/bad").clusterIp("10.96.0.300").port("http", 80).build());
        tracker.update(web().build());
        assertThat(take(IpFamily.IPV4)).containsExactly("shop/web:http");
    }
}
