// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.track;

import static dev.sluice.core.fixture.EndpointBuilder.endpoint;
import static dev.sluice.core.fixture.ServiceBuilder.service;
import static dev.sluice.core.fixture.SliceBuilder.slice;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.Problem;
import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.source.NodeObject;
import dev.sluice.core.sync.Changes;
import dev.sluice.core.sync.SyncBatch;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a change of the Node asks for. */
class TrackedNodeTest extends TrackerFixture {
    private void hinted() {
        tracker.update(web().build());
        tracker.update(
                service("shop/api").clusterIp("10.96.0.11").port("http", 80).build());
        tracker.update(webSlice(1)
                .add(endpoint("10.0.0.1").zoneHints("a"))
                .add(endpoint("10.0.0.2").zoneHints("b"))
                .build());
        tracker.update(
                slice("shop/api-1", "api").tcp("http", 1).ready("10.0.0.3").build());
    }

    private List<Endpoint> webCluster() {
        return tracker.snapshot(IpFamily.IPV4).ports().stream()
                .filter(p -> p.name().service().equals(WEB))
                .flatMap(p -> p.endpoints().cluster().stream())
                .toList();
    }

    @Test
    void zoneChangeResolvesAgainAndAsksForAFullSyncInBothFamilies() {
        hinted();
        take(IpFamily.IPV4);
        take(IpFamily.IPV6);
        assertThat(webCluster()).hasSize(2);
        tracker.update(node("a"));
        assertThat(tracker.pending(IpFamily.IPV4)).isPositive();
        assertThat(tracker.take(IpFamily.IPV4).changes()).isEqualTo(Changes.all());
        assertThat(tracker.take(IpFamily.IPV6).changes()).isEqualTo(Changes.all());
        assertThat(webCluster()).extracting(Endpoint::toString).containsExactly("10.0.0.1:8080");
        assertThat(tracker.take(IpFamily.IPV4).changes().isEmpty()).isTrue();
    }

    @Test
    void aChangedServiceCidrAsksForAFullSyncInItsFamilyAlone() {
        hinted();
        take(IpFamily.IPV4);
        take(IpFamily.IPV6);
        tracker.updateServiceRanges("kubernetes", List.of("10.96.0.0/12"));
        tracker.updateServiceRanges("more", List.of("10.112.0.0/16", "everything"));
        assertThat(tracker.pending(IpFamily.IPV6)).isZero();
        assertThat(tracker.take(IpFamily.IPV4).changes()).isEqualTo(Changes.all());
        assertThat(tracker.snapshot(IpFamily.IPV4).serviceRanges())
                .containsExactly(Cidr.of("10.96.0.0/12"), Cidr.of("10.112.0.0/16"));
        assertThat(tracker.problems())
                .extracting(Problem::toString)
                .singleElement()
                .asString()
                .contains("spec.cidrs", "everything");

        tracker.updateServiceRanges("kubernetes", List.of("10.96.0.0/12"));
        assertThat(tracker.pending(IpFamily.IPV4)).as("nothing new").isZero();
        tracker.updateServiceRanges("more", List.of());
        assertThat(tracker.take(IpFamily.IPV4).changes()).isEqualTo(Changes.all());
        assertThat(tracker.snapshot(IpFamily.IPV4).serviceRanges()).containsExactly(Cidr.of("10.96.0.0/12"));
        assertThat(tracker.problems()).isEmpty();
    }

    @Test
    void addressChangeAsksForAFullSyncWithoutResolvingAgain() {
        hinted();
        tracker.update(node("a", "192.0.2.1"));
        take(IpFamily.IPV4);
        long before = tracker.family(IpFamily.IPV4).resolutions();
        tracker.update(node("a", "192.0.2.2"));
        SyncBatch batch = tracker.take(IpFamily.IPV4);
        assertThat(batch.changes()).isEqualTo(Changes.all());
        assertThat(batch.snapshot().node().address(IpFamily.IPV4)).contains(IpAddress.of("192.0.2.2"));
        assertThat(tracker.family(IpFamily.IPV4).resolutions()).isEqualTo(before);
    }

    @Test
    void unchangedNodeIsNothing() {
        tracker.update(node("a", "192.0.2.1"));
        take(IpFamily.IPV4);
        tracker.update(
                new NodeObject("node-a", "a", List.of("192.0.2.1"), List.of(), List.of(), List.of("taint"), true));
        assertThat(tracker.pending(IpFamily.IPV4)).isZero();
    }

    @Test
    void otherNodesAreOfNoInterest() {
        tracker.update(new NodeObject("node-b", "b", List.of(), List.of(), List.of(), List.of(), false));
        assertThat(tracker.pending(IpFamily.IPV4)).isZero();
    }

    @Test
    void internalAddressesComeBeforeExternalOnesAndBadOnesAreSkipped() {
        tracker.update(new NodeObject(
                "node-a",
                "",
                List.of("x", "192.0.2.1"),
                List.of("fd00::1", "198.51.100.1"),
                List.of("10.1.0.0/24", "y"),
                List.of(),
                false));
        assertThat(take(IpFamily.IPV4)).isEmpty();
        assertThat(tracker.snapshot(IpFamily.IPV4).node().addresses())
                .extracting(IpAddress::toString)
                .containsExactly("192.0.2.1", "fd00::1", "198.51.100.1");
        assertThat(tracker.problems()).extracting(Problem::field).containsExactly("spec.podCIDRs", "status.addresses");
    }
}
