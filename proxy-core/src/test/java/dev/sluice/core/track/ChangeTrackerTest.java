// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.track;

import static dev.sluice.core.fixture.EndpointBuilder.endpoint;
import static dev.sluice.core.fixture.ServiceBuilder.service;
import static dev.sluice.core.fixture.SliceBuilder.slice;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.fixture.ManualClock;
import dev.sluice.core.fixture.ServiceBuilder;
import dev.sluice.core.fixture.SliceBuilder;
import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.LocalReadiness;
import dev.sluice.core.model.NoLocalEndpoints;
import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ServiceName;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.source.NodeObject;
import dev.sluice.core.sync.Changes;
import dev.sluice.core.sync.ClusterState.SliceEffect;
import dev.sluice.core.sync.SyncBatch;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class ChangeTrackerTest {
    private static final ServiceName WEB = new ServiceName("shop", "web");

    private final ChangeTracker tracker = tracker(EnumSet.allOf(IpFamily.class));

    private static ChangeTracker tracker(Set<IpFamily> families) {
        return new ChangeTracker("node-a", families, new ManualClock(0));
    }

    private static ServiceBuilder web() {
        return service("shop/web").port("http", 80);
    }

    private static SliceBuilder webSlice(int number) {
        return slice("shop/web-" + number, "web").tcp("http", 8080);
    }

    private static NodeObject node(String zone, String... internalIps) {
        return new NodeObject("node-a", zone, List.of(internalIps), List.of(), List.of(), List.of(), false);
    }

    private List<String> take(IpFamily family) {
        return tracker.take(family).changes().ports().stream()
                .sorted()
                .map(ServicePortName::toString)
                .toList();
    }

    private List<String> endpoints(IpFamily family) {
        return tracker.snapshot(family).ports().stream()
                .flatMap(p -> p.endpoints().all().stream())
                .map(Endpoint::toString)
                .sorted()
                .toList();
    }

    @Nested
    class WhatChanges {

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
            tracker.update(
                    web().families("IPv4", "10.96.0.1", "IPv6", "fd00::1").build());
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
    }

    @Nested
    class NoOps {

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
            tracker.update(webSlice(1)
                    .ready("10.0.0.1")
                    .triggered("2026-01-01T00:00:09Z")
                    .build());
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

    @Nested
    class Slices {

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
            tracker.update(slice("shop/web-1", "api")
                    .tcp("http", 8080)
                    .ready("10.0.0.1")
                    .build());
            assertThat(take(IpFamily.IPV4)).containsExactly("shop/api:http", "shop/web:http");
        }

        @Test
        void changeTheirFamily() {
            tracker.update(
                    web().families("IPv4", "10.96.0.1", "IPv6", "fd00::1").build());
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
            assertThat(single.update(webSlice(1).ready("10.0.0.1").build()))
                    .contains(new SliceEffect(IpFamily.IPV4, true));
            assertThat(single.update(
                            webSlice(1).addressType("IPv6").ready("fd00::1").build()))
                    .contains(new SliceEffect(IpFamily.IPV4, true));
        }
    }

    @Nested
    class Node {

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
            assertThat(tracker.problems())
                    .extracting(Problem::field)
                    .containsExactly("spec.podCIDRs", "status.addresses");
        }
    }

    @Nested
    class TriggerTimes {

        private List<Instant> times() {
            return tracker.take(IpFamily.IPV4).triggerTimes();
        }

        @Test
        void areThoseOfAcceptedChangesSinceTheLastBatch() {
            tracker.update(webSlice(1)
                    .ready("10.0.0.1")
                    .triggered("2026-01-01T00:00:01.000000005Z")
                    .build());
            tracker.update(webSlice(1)
                    .ready("10.0.0.2")
                    .triggered("2026-01-01T02:00:02+02:00")
                    .build());
            assertThat(times())
                    .containsExactly(
                            Instant.parse("2026-01-01T00:00:01.000000005Z"), Instant.parse("2026-01-01T00:00:02Z"));
            assertThat(times()).isEmpty();
        }

        @Test
        void beforeTheTrackerDoNotCount() {
            tracker.update(webSlice(1)
                    .ready("10.0.0.1")
                    .triggered("2025-12-31T23:59:59Z")
                    .build());
            tracker.update(webSlice(2)
                    .ready("10.0.0.1")
                    .triggered("2026-01-01T00:00:00Z")
                    .build());
            assertThat(times()).isEmpty();
        }

        @Test
        void badOrAbsentOnesAreIgnored() {
            tracker.update(webSlice(1).ready("10.0.0.1").triggered("yesterday").build());
            tracker.update(webSlice(2).ready("10.0.0.1").build());
            assertThat(times()).isEmpty();
            assertThat(tracker.problems()).isEmpty();
        }

        @Test
        void deletedSliceClearsThoseOfItsService() {
            tracker.update(webSlice(1)
                    .ready("10.0.0.1")
                    .triggered("2026-01-01T00:00:01Z")
                    .build());
            tracker.update(webSlice(2)
                    .ready("10.0.0.2")
                    .triggered("2026-01-01T00:00:01Z")
                    .build());
            tracker.deleteEndpointSlice("shop", "web-2");
            assertThat(times()).isEmpty();
        }
    }

    @Nested
    class Sums {

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
    }

    @Nested
    class Problems {

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
            tracker.update(service("shop/bad")
                    .clusterIp("10.96.0.300")
                    .port("http", 80)
                    .build());
            tracker.update(web().build());
            assertThat(take(IpFamily.IPV4)).containsExactly("shop/web:http");
        }
    }
}
