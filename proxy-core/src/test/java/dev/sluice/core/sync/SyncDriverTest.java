// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.sync;

import static dev.sluice.core.fixture.EndpointBuilder.endpoint;
import static dev.sluice.core.fixture.ServiceBuilder.service;
import static dev.sluice.core.fixture.SliceBuilder.slice;
import static dev.sluice.core.sync.DriverFixture.web;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.fixture.ManualClock;
import dev.sluice.core.fixture.RecordingBackend;
import dev.sluice.core.model.LocalReadiness;
import dev.sluice.core.model.NoLocalEndpoints;
import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ResourceKind;
import dev.sluice.core.model.ServiceName;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.source.ClusterEvent;
import dev.sluice.core.source.NodeObject;
import dev.sluice.core.sync.SyncObserver.Success;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The loop without its thread, by a clock that is moved by hand. */
class SyncDriverTest {
    private final DriverFixture fixture = new DriverFixture();
    private final ManualClock clock = fixture.clock;
    private final RecordingBackend v4 = fixture.v4;
    private final RecordingBackend v6 = fixture.v6;
    private final RecordingObserver ears = fixture.ears;
    private final SyncDriver driver = fixture.driver;

    @Test
    void aBackendThatWantsACheckIsSyncedInItsTimeThoughNothingChanged() {
        v4.wantsCheckIn(Optional.of(Duration.ofSeconds(10)));
        fixture.settled();
        clock.advance(Duration.ofSeconds(8));
        assertThat(driver.runDue()).isEqualTo(Duration.ofSeconds(1).toNanos());
        assertThat(fixture.syncs()).isEqualTo(1);
        v4.wantsCheckIn(Optional.empty());
        clock.advance(Duration.ofSeconds(1));
        driver.runDue();
        assertThat(v4.syncs()).containsExactly(Changes.all(), Changes.of(Set.of()));
        assertThat(v6.syncs()).containsExactly(Changes.all());
        clock.advance(Duration.ofMinutes(10));
        driver.runDue();
        assertThat(fixture.syncs()).isEqualTo(2);
    }

    @Test
    void nothingIsSyncedBeforeServicesSlicesAndNodeHaveSynced() {
        driver.accept(new ClusterEvent.ServiceUpdated(web(80)));
        driver.accept(new ClusterEvent.Listed(ResourceKind.SERVICE));
        assertThat(driver.runDue()).isEqualTo(Long.MAX_VALUE);
        driver.accept(new ClusterEvent.Listed(ResourceKind.ENDPOINT_SLICE));
        assertThat(driver.runDue()).isEqualTo(Long.MAX_VALUE);
        driver.requestFull("too early");
        driver.runDue();
        assertThat(fixture.syncs()).isZero();
        driver.accept(new ClusterEvent.Listed(ResourceKind.NODE));
        driver.runDue();
        assertThat(v4.syncs()).containsExactly(Changes.all());
        assertThat(v6.syncs()).containsExactly(Changes.all());
    }

    @Test
    void nodeIsNotAwaitedForever() {
        driver.accept(new ClusterEvent.Listed(ResourceKind.SERVICE));
        driver.proceedWithoutNode();
        driver.runDue();
        assertThat(fixture.syncs()).isZero();
        driver.accept(new ClusterEvent.Listed(ResourceKind.ENDPOINT_SLICE));
        driver.runDue();
        assertThat(fixture.syncs()).isEqualTo(1);
        clock.advance(Duration.ofSeconds(1));
        driver.accept(new ClusterEvent.Listed(ResourceKind.NODE));
        driver.proceedWithoutNode();
        driver.runDue();
        assertThat(fixture.syncs()).isEqualTo(1);
    }

    @Test
    void firstSyncIsFourThenSix() {
        driver.started();
        fixture.settled();
        driver.requestFull("for the test");
        driver.runDue();
        assertThat(ears.heard)
                .containsExactly(
                        "queued IPv4",
                        "queued IPv6",
                        "begun IPv4 full",
                        "succeeded IPv4",
                        "begun IPv6 full",
                        "succeeded IPv6");
    }

    @Test
    void changeInOneFamilyIsSyncedThereOnly() {
        fixture.settled();
        driver.accept(new ClusterEvent.ServiceUpdated(web(80)));
        driver.runDue();
        assertThat(ears.heard)
                .containsExactly(
                        "service IPv4 1", "service IPv6 0", "queued IPv4", "begun IPv4 partial", "succeeded IPv4");
        assertThat(v4.syncs().get(1).ports()).extracting(Object::toString).containsExactly("shop/web:http");
        assertThat(v6.syncs()).hasSize(1);
    }

    @Test
    void redeliveredObjectsCauseNoSync() {
        fixture.settled();
        driver.accept(new ClusterEvent.ServiceUpdated(web(80)));
        driver.runDue();
        ears.heard.clear();
        driver.accept(new ClusterEvent.ServiceUpdated(web(80)));
        driver.accept(new ClusterEvent.EndpointSliceDeleted("shop", "web-1"));
        clock.advance(Duration.ofMinutes(1));
        driver.runDue();
        assertThat(ears.heard).containsExactly("service IPv4 0", "service IPv6 0");
    }

    @Test
    void changesWithinTheLeastPeriodAreOneSync() {
        fixture.settled();
        driver.accept(new ClusterEvent.ServiceUpdated(web(80)));
        driver.runDue();
        for (int port = 81; port < 90; port++) {
            clock.advance(Duration.ofMillis(100));
            driver.accept(new ClusterEvent.ServiceUpdated(web(port)));
            driver.runDue();
        }
        assertThat(fixture.syncs()).isEqualTo(2);
        clock.advance(Duration.ofMillis(100));
        assertThat(driver.runDue()).isGreaterThan(0);
        assertThat(fixture.syncs()).isEqualTo(3);
    }

    @Test
    void changeThatTakesItselfBackReachesNoBackend() {
        fixture.settled();
        driver.accept(new ClusterEvent.ServiceUpdated(web(80)));
        driver.accept(new ClusterEvent.ServiceDeleted(new ServiceName("shop", "web")));
        driver.runDue();
        assertThat(fixture.syncs()).isEqualTo(1);
        assertThat(ears.heard).endsWith("begun IPv4 partial", "unchanged IPv4");
    }

    @Test
    void zoneChangeMakesTheNextSyncFull() {
        fixture.settled();
        driver.accept(new ClusterEvent.NodeUpdated(
                new NodeObject("node-a", "zone-a", List.of(), List.of(), List.of(), List.of(), false)));
        driver.runDue();
        assertThat(v4.syncs()).containsExactly(Changes.all(), Changes.all());
        assertThat(ears.heard).startsWith("node node-a", "queued IPv4", "queued IPv6", "begun IPv4 full");
    }

    @Test
    void nodeGoneChangesNothing() {
        fixture.settled();
        driver.accept(new ClusterEvent.NodeDeleted("node-a"));
        driver.runDue();
        assertThat(fixture.syncs()).isEqualTo(1);
    }

    @Test
    void longestPeriodBringsAFullSyncWithoutAnyChange() {
        fixture.settled();
        clock.advance(Duration.ofHours(1));
        driver.runDue();
        assertThat(v4.syncs()).containsExactly(Changes.all(), Changes.all());
    }

    @Test
    void successCarriesWhatMetricsAndHealthNeed() {
        fixture.settled();
        driver.accept(new ClusterEvent.ServiceUpdated(service("shop/web")
                .type("LoadBalancer")
                .externalPolicy("Local")
                .healthCheckNodePort(32000)
                .ingress("203.0.113.1", "")
                .port("http", 80)
                .build()));
        driver.accept(new ClusterEvent.ServiceUpdated(service("shop/api")
                .clusterIp("10.96.0.11")
                .internalPolicy("Local")
                .port("", 80)
                .build()));
        driver.accept(new ClusterEvent.EndpointSliceUpdated(slice("shop/web-1", "web")
                .tcp("http", 8080)
                .add(endpoint("10.0.0.1").node("node-a"))
                .ready("10.0.0.2")
                .triggered("2026-01-01T00:00:00.500Z")
                .build()));
        driver.accept(new ClusterEvent.EndpointSliceUpdated(
                slice("shop/api-1", "api").tcp("", 8080).ready("10.0.0.3").build()));
        v4.during(() -> clock.advance(Duration.ofMillis(250)));
        driver.runDue();
        Success success = ears.successes.getFirst();
        assertThat(success.family()).isEqualTo(IpFamily.IPV4);
        assertThat(success.full()).isFalse();
        assertThat(success.duration()).isEqualTo(Duration.ofMillis(250));
        assertThat(success.latencies()).containsExactly(Duration.ofMillis(750));
        assertThat(success.portCount()).isEqualTo(2);
        assertThat(success.endpointCount()).isEqualTo(3);
        assertThat(success.noLocalEndpoints()).isEqualTo(new NoLocalEndpoints(1, 0));
        assertThat(success.readiness().everything()).isFalse();
        assertThat(success.readiness().services())
                .containsEntry(new ServiceName("shop", "web"), Optional.of(new LocalReadiness(32000, 1)));
    }

    @Test
    void problemsOfSourceObjectsAndBackendsAreOneList() {
        Problem manifest = Problem.skipped(ObjectRef.manifest("shop.yaml"), "line 3", "no YAML");
        Problem unsupported = Problem.skipped(
                ObjectRef.service(new ServiceName("shop", "web")), "", "SCTP is not carried in userspace mode");
        driver.accept(new ClusterEvent.SourceProblems(List.of(manifest)));
        v4.reports(List.of(unsupported));
        v6.reports(List.of(unsupported));
        driver.accept(new ClusterEvent.ServiceUpdated(web(0)));
        fixture.settled();
        assertThat(ears.problems).hasSize(3).contains(manifest, unsupported);
        driver.accept(new ClusterEvent.SourceProblems(List.of()));
        driver.accept(new ClusterEvent.ServiceDeleted(new ServiceName("shop", "web")));
        driver.runDue();
        assertThat(ears.problems).containsExactly(unsupported);
    }
}
