// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.track;

import static dev.sluice.core.fixture.ServiceBuilder.service;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.ClusterState.SliceEffect;
import dev.sluice.core.sync.SyncBatch;
import org.junit.jupiter.api.Test;

/** Which service ports a change of a Service makes pending, and what is no change. */
class ChangedPortsTest extends TrackerFixture {
    @Test
    void nothingAtFirst() {
        SyncBatch batch = tracker.take(IpFamily.IPV4);
        assertThat(batch.changes().isEmpty()).isTrue();
        assertThat(batch.snapshot().ports()).isEmpty();
        assertThat(tracker.pending(IpFamily.IPV4)).isZero();
    }

    @Test
    void newServicePort() {
        tracker.update(web().build());
        assertThat(tracker.pending(IpFamily.IPV4)).isEqualTo(1);
        assertThat(take(IpFamily.IPV4)).containsExactly("shop/web:http");
        assertThat(take(IpFamily.IPV4)).isEmpty();
        assertThat(take(IpFamily.IPV6)).isEmpty();
    }

    @Test
    void eachFamilyHasItsOwnTurn() {
        tracker.update(web().families("IPv4", "10.96.0.1", "IPv6", "fd00::1").build());
        assertThat(take(IpFamily.IPV4)).containsExactly("shop/web:http");
        assertThat(take(IpFamily.IPV6)).containsExactly("shop/web:http");
        tracker.update(webSlice(6).addressType("IPv6").ready("fd00:1::1").build());
        assertThat(take(IpFamily.IPV4)).isEmpty();
        assertThat(take(IpFamily.IPV6)).containsExactly("shop/web:http");
    }

    @Test
    void onlyThePortThatDiffers() {
        tracker.update(web().port("https", 443).build());
        take(IpFamily.IPV4);
        tracker.update(web().port("https", 444).build());
        assertThat(take(IpFamily.IPV4)).containsExactly("shop/web:https");
    }

    @Test
    void portThatIsNoLongerListedIsGoneAndTheOthersStand() {
        tracker.update(web().port("https", 443).build());
        take(IpFamily.IPV4);
        tracker.update(web().build());
        assertThat(take(IpFamily.IPV4)).containsExactly("shop/web:https");
        assertThat(tracker.snapshot(IpFamily.IPV4).ports()).hasSize(1);
    }

    @Test
    void goneService() {
        tracker.update(web().build());
        take(IpFamily.IPV4);
        tracker.deleteService(WEB);
        assertThat(take(IpFamily.IPV4)).containsExactly("shop/web:http");
        assertThat(tracker.snapshot(IpFamily.IPV4).ports()).isEmpty();
    }

    @Test
    void serviceThatBecomesHeadlessIsGone() {
        tracker.update(web().build());
        take(IpFamily.IPV4);
        tracker.update(web().clusterIp("None").build());
        assertThat(take(IpFamily.IPV4)).containsExactly("shop/web:http");
    }

    @Test
    void unknownServiceGoneIsNothing() {
        tracker.deleteService(WEB);
        assertThat(tracker.pending(IpFamily.IPV4)).isZero();
    }

    @Test
    void changeAndItsReversalBetweenTwoBatchesIsNothing() {
        tracker.update(web().build());
        take(IpFamily.IPV4);
        tracker.update(service("shop/web").port("http", 81).build());
        tracker.update(web().build());
        assertThat(take(IpFamily.IPV4)).isEmpty();
    }

    @Test
    void otherProtocolOfTheSameNameIsAnotherPort() {
        tracker.update(service("shop/dns").port("dns", "TCP", 53, 0).build());
        take(IpFamily.IPV4);
        tracker.update(service("shop/dns").port("dns", "UDP", 53, 0).build());
        assertThat(take(IpFamily.IPV4)).hasSize(2);
    }

    @Test
    void redeliveredObjectsArePendingNowhere() {
        tracker.update(web().build());
        tracker.update(webSlice(1).ready("10.0.0.1").build());
        take(IpFamily.IPV4);
        tracker.update(web().build());
        assertThat(tracker.update(webSlice(1).ready("10.0.0.1").build()))
                .contains(new SliceEffect(IpFamily.IPV4, false));
        assertThat(tracker.pending(IpFamily.IPV4)).isZero();
    }

    @Test
    void annotationOnASliceIsNoChange() {
        tracker.update(webSlice(1).ready("10.0.0.1").build());
        take(IpFamily.IPV4);
        tracker.update(
                webSlice(1).ready("10.0.0.1").triggered("2026-01-01T00:00:09Z").build());
        assertThat(tracker.pending(IpFamily.IPV4)).isZero();
        assertThat(tracker.take(IpFamily.IPV4).triggerTimes()).isEmpty();
    }

    @Test
    void sliceThatAddsNothingToTheMergeIsNoChangedPort() {
        tracker.update(web().build());
        tracker.update(webSlice(1).ready("10.0.0.1").build());
        take(IpFamily.IPV4);
        tracker.update(webSlice(2).ready("10.0.0.1").build());
        assertThat(take(IpFamily.IPV4)).isEmpty();
    }

    @Test
    void unknownSliceGoneIsNothing() {
        assertThat(tracker.deleteEndpointSlice("shop", "web-1")).isEmpty();
        assertThat(tracker.pending(IpFamily.IPV4)).isZero();
    }
}
