// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.track;

import static dev.sluice.core.fixture.ServiceBuilder.service;
import static dev.sluice.core.fixture.SliceBuilder.slice;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.ClusterState.SliceEffect;
import java.util.EnumSet;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** How the slices of a Service are merged, and follow their labels. */
class TrackedSlicesTest extends TrackerFixture {
    @Test
    void mayComeBeforeTheirService() {
        tracker.update(webSlice(1).ready("10.0.0.1").build());
        assertThat(take(IpFamily.IPV4)).isEmpty();
        tracker.update(web().build());
        take(IpFamily.IPV4);
        assertThat(endpoints(IpFamily.IPV4)).containsExactly("10.0.0.1:8080");
    }

    @Test
    void areMergedPerService() {
        tracker.update(web().build());
        tracker.update(webSlice(1).ready("10.0.0.1").build());
        tracker.update(webSlice(2).ready("10.0.0.2").build());
        tracker.update(
                slice("other/web-3", "web").tcp("http", 1).ready("10.0.0.3").build());
        take(IpFamily.IPV4);
        assertThat(endpoints(IpFamily.IPV4)).containsExactly("10.0.0.1:8080", "10.0.0.2:8080");
        assertThat(tracker.snapshot(IpFamily.IPV4).endpointCount()).isEqualTo(2);
        tracker.deleteEndpointSlice("shop", "web-1");
        assertThat(take(IpFamily.IPV4)).containsExactly("shop/web:http");
        assertThat(endpoints(IpFamily.IPV4)).containsExactly("10.0.0.2:8080");
    }

    @Test
    void moveToAnotherServiceWithTheirLabel() {
        tracker.update(web().build());
        tracker.update(
                service("shop/api").clusterIp("10.96.0.11").port("http", 80).build());
        tracker.update(webSlice(1).ready("10.0.0.1").build());
        take(IpFamily.IPV4);
        tracker.update(
                slice("shop/web-1", "api").tcp("http", 8080).ready("10.0.0.1").build());
        assertThat(take(IpFamily.IPV4)).containsExactly("shop/api:http", "shop/web:http");
    }

    @Test
    void changeTheirFamily() {
        tracker.update(web().families("IPv4", "10.96.0.1", "IPv6", "fd00::1").build());
        tracker.update(webSlice(1).ready("10.0.0.1").build());
        take(IpFamily.IPV4);
        take(IpFamily.IPV6);
        tracker.update(webSlice(1).addressType("IPv6").ready("fd00::5").build());
        take(IpFamily.IPV4);
        take(IpFamily.IPV6);
        assertThat(endpoints(IpFamily.IPV4)).isEmpty();
        assertThat(endpoints(IpFamily.IPV6)).containsExactly("[fd00::5]:8080");
    }

    @Test
    void thatLoseTheirLabelAreTakenOut() {
        tracker.update(web().build());
        tracker.update(webSlice(1).ready("10.0.0.1").build());
        take(IpFamily.IPV4);
        tracker.update(webSlice(1).withoutLabels().ready("10.0.0.1").build());
        assertThat(take(IpFamily.IPV4)).containsExactly("shop/web:http");
        assertThat(endpoints(IpFamily.IPV4)).isEmpty();
        assertThat(tracker.problems()).hasSize(1);
        tracker.deleteEndpointSlice("shop", "web-1");
        assertThat(tracker.problems()).isEmpty();
    }

    @Test
    void leaveNothingBehindWhenTheirServiceVanishesFirst() {
        tracker.update(web().build());
        tracker.update(webSlice(1).ready("10.0.0.1").build());
        take(IpFamily.IPV4);
        tracker.deleteService(WEB);
        take(IpFamily.IPV4);
        assertThat(tracker.family(IpFamily.IPV4).size()).isEqualTo(1);
        tracker.deleteEndpointSlice("shop", "web-1");
        assertThat(take(IpFamily.IPV4)).isEmpty();
        assertThat(tracker.family(IpFamily.IPV4).size()).isZero();
    }

    @Test
    void ofAFamilyThatIsNotServedAreLeftOut() {
        ChangeTracker single = tracker(EnumSet.of(IpFamily.IPV4));
        assertThat(single.update(
                        webSlice(1).addressType("IPv6").ready("fd00::1").build()))
                .isEqualTo(Optional.empty());
        assertThat(single.update(webSlice(1).ready("10.0.0.1").build())).contains(new SliceEffect(IpFamily.IPV4, true));
        assertThat(single.update(
                        webSlice(1).addressType("IPv6").ready("fd00::1").build()))
                .contains(new SliceEffect(IpFamily.IPV4, true));
    }
}
