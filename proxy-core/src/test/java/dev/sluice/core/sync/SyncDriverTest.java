package dev.sluice.core.sync;

import static dev.sluice.core.fixture.EndpointBuilder.endpoint;
import static dev.sluice.core.fixture.ServiceBuilder.service;
import static dev.sluice.core.fixture.SliceBuilder.slice;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.core.config.SyncPeriods;
import dev.sluice.core.fixture.ManualClock;
import dev.sluice.core.fixture.RecordingBackend;
import dev.sluice.core.model.LocalReadiness;
import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ServiceName;
import dev.sluice.core.model.WithoutLocal;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.source.ClusterListener.Kind;
import dev.sluice.core.source.EndpointSliceObject;
import dev.sluice.core.source.NodeObject;
import dev.sluice.core.source.ServiceObject;
import dev.sluice.core.sync.SyncObserver.Failure;
import dev.sluice.core.sync.SyncObserver.Success;
import dev.sluice.core.track.ChangeTracker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The loop without its thread, by a clock that is moved by hand. */
class SyncDriverTest {
    private static final SyncPeriods PERIODS =
            new SyncPeriods(Duration.ofSeconds(1), Duration.ofSeconds(30), Duration.ofHours(1));

    private final ManualClock clock = new ManualClock(Long.MAX_VALUE - 1_000_000_000L);
    private final RecordingBackend v4 = new RecordingBackend(IpFamily.IPV4);
    private final RecordingBackend v6 = new RecordingBackend(IpFamily.IPV6);
    private final Ears ears = new Ears();
    private final SyncDriver driver = driver(new ChangeTracker("node-a", EnumSet.allOf(IpFamily.class), clock), ears);

    private SyncDriver driver(ClusterState state, SyncObserver observer) {
        Announcer announcer = new Announcer(observer);
        List<FamilySync> families = new ArrayList<>();
        for (RecordingBackend backend : List.of(v4, v6)) {
            families.add(new FamilySync(backend, state, PERIODS, clock, clock, announcer));
        }
        return new SyncDriver(state, families, announcer);
    }

    /** Writes down what it hears. */
    private static final class Ears implements SyncObserver {
        private final List<String> heard = new ArrayList<>();
        private final List<Success> successes = new ArrayList<>();
        private final List<Failure> failures = new ArrayList<>();
        private final List<Throwable> defects = new ArrayList<>();
        private List<Problem> problems = List.of();

        @Override
        public void started(IpFamily family) {
            heard.add("started " + family);
        }

        @Override
        public void serviceEvent(IpFamily family, int pending) {
            heard.add("service " + family + " " + pending);
        }

        @Override
        public void endpointSliceEvent(IpFamily family, boolean changed) {
            heard.add("slice " + family + " " + changed);
        }

        @Override
        public void nodeEvent(NodeObject node) {
            heard.add("node " + node.name());
        }

        @Override
        public void queued(IpFamily family) {
            heard.add("queued " + family);
        }

        @Override
        public void begun(IpFamily family, boolean full) {
            heard.add("begun " + family + (full ? " full" : " partial"));
        }

        @Override
        public void succeeded(Success success) {
            heard.add("succeeded " + success.family());
            successes.add(success);
        }

        @Override
        public void unchanged(IpFamily family) {
            heard.add("unchanged " + family);
        }

        @Override
        public void failed(Failure failure) {
            heard.add("failed " + failure.family());
            failures.add(failure);
        }

        @Override
        public void problems(List<Problem> now) {
            problems = now;
        }

        @Override
        public void defect(Throwable cause) {
            defects.add(cause);
        }
    }

    private static ServiceObject web(int port) {
        return service("shop/web").port("http", port).build();
    }

    /** Everything listed, both families in sync, and a second later. */
    private void settled() {
        for (Kind kind : Kind.values()) {
            driver.synced(kind);
        }
        driver.runDue();
        clock.advance(Duration.ofSeconds(1));
        ears.heard.clear();
        ears.successes.clear();
    }

    private int syncs() {
        return v4.syncs().size();
    }

    @Test
    void aBackendThatWantsACheckIsSyncedInItsTimeThoughNothingChanged() {
        v4.wantsCheckIn(Optional.of(Duration.ofSeconds(10)));
        settled();
        clock.advance(Duration.ofSeconds(8));
        assertThat(driver.runDue()).isEqualTo(Duration.ofSeconds(1).toNanos());
        assertThat(syncs()).isEqualTo(1);
        v4.wantsCheckIn(Optional.empty());
        clock.advance(Duration.ofSeconds(1));
        driver.runDue();
        assertThat(v4.syncs()).containsExactly(Changes.all(), Changes.of(Set.of()));
        assertThat(v6.syncs()).containsExactly(Changes.all());
        clock.advance(Duration.ofMinutes(10));
        driver.runDue();
        assertThat(syncs()).isEqualTo(2);
    }

    @Test
    void nothingIsSyncedBeforeServicesSlicesAndNodeHaveSynced() {
        driver.service(web(80));
        driver.synced(Kind.SERVICES);
        assertThat(driver.runDue()).isEqualTo(Long.MAX_VALUE);
        driver.synced(Kind.ENDPOINT_SLICES);
        assertThat(driver.runDue()).isEqualTo(Long.MAX_VALUE);
        driver.requestFull("too early");
        driver.runDue();
        assertThat(syncs()).isZero();
        driver.synced(Kind.NODE);
        driver.runDue();
        assertThat(v4.syncs()).containsExactly(Changes.all());
        assertThat(v6.syncs()).containsExactly(Changes.all());
    }

    @Test
    void nodeIsNotAwaitedForever() {
        driver.synced(Kind.SERVICES);
        driver.proceedWithoutNode();
        driver.runDue();
        assertThat(syncs()).isZero();
        driver.synced(Kind.ENDPOINT_SLICES);
        driver.runDue();
        assertThat(syncs()).isEqualTo(1);
        clock.advance(Duration.ofSeconds(1));
        driver.synced(Kind.NODE);
        driver.proceedWithoutNode();
        driver.runDue();
        assertThat(syncs()).isEqualTo(1);
    }

    @Test
    void firstSyncIsFourThenSix() {
        driver.started();
        settled();
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
        settled();
        driver.service(web(80));
        driver.runDue();
        assertThat(ears.heard)
                .containsExactly(
                        "service IPv4 1", "service IPv6 0", "queued IPv4", "begun IPv4 partial", "succeeded IPv4");
        assertThat(v4.syncs().get(1).ports()).extracting(Object::toString).containsExactly("shop/web:http");
        assertThat(v6.syncs()).hasSize(1);
    }

    @Test
    void redeliveredObjectsCauseNoSync() {
        settled();
        driver.service(web(80));
        driver.runDue();
        ears.heard.clear();
        driver.service(web(80));
        driver.endpointSliceGone("shop", "web-1");
        clock.advance(Duration.ofMinutes(1));
        driver.runDue();
        assertThat(ears.heard).containsExactly("service IPv4 0", "service IPv6 0");
    }

    @Test
    void changesWithinTheLeastPeriodAreOneSync() {
        settled();
        driver.service(web(80));
        driver.runDue();
        for (int port = 81; port < 90; port++) {
            clock.advance(Duration.ofMillis(100));
            driver.service(web(port));
            driver.runDue();
        }
        assertThat(syncs()).isEqualTo(2);
        clock.advance(Duration.ofMillis(100));
        assertThat(driver.runDue()).isGreaterThan(0);
        assertThat(syncs()).isEqualTo(3);
    }

    @Test
    void changeThatTakesItselfBackReachesNoBackend() {
        settled();
        driver.service(web(80));
        driver.serviceGone(new ServiceName("shop", "web"));
        driver.runDue();
        assertThat(syncs()).isEqualTo(1);
        assertThat(ears.heard).endsWith("begun IPv4 partial", "unchanged IPv4");
    }

    @Test
    void failureIsRetriedInFullAndDoesNotStopTheOtherFamily() {
        settled();
        v4.during(() -> {
            throw new SyncException("iptables-restore: line 7 failed");
        });
        driver.service(service("shop/web")
                .families("IPv4", "10.96.0.1", "IPv6", "fd00::1")
                .port("http", 80)
                .build());
        long wait = driver.runDue();
        assertThat(wait).isEqualTo(Duration.ofSeconds(30).toNanos());
        assertThat(ears.heard).contains("failed IPv4", "succeeded IPv6");
        assertThat(ears.failures.getFirst().full()).isFalse();
        assertThat(ears.failures.getFirst().cause()).hasMessage("iptables-restore: line 7 failed");
        v4.during(() -> {});
        clock.advance(Duration.ofSeconds(30));
        driver.runDue();
        assertThat(v4.syncs()).last().isEqualTo(Changes.all());
        assertThat(v4.syncs()).hasSize(3);
        assertThat(v6.syncs()).hasSize(2);
    }

    @Test
    void exceptionsAndErrorsOfABackendAreFailures() {
        settled();
        for (Throwable thrown : List.of(new IllegalStateException("bug"), new AssertionError("bug"))) {
            v4.during(() -> throwUnchecked(thrown));
            driver.requestFull("for the test");
            driver.runDue();
            clock.advance(Duration.ofSeconds(2));
        }
        assertThat(ears.failures).extracting(f -> f.cause().getMessage()).containsExactly("bug", "bug");
        assertThat(ears.failures).allMatch(Failure::full);
    }

    @Test
    void failureOfTheVirtualMachineIsNotSwallowed() {
        settled();
        v4.during(() -> throwUnchecked(new OutOfMemoryError("made by the test")));
        driver.requestFull("for the test");
        assertThatThrownBy(driver::runDue).isInstanceOf(OutOfMemoryError.class);
    }

    private static void throwUnchecked(Throwable thrown) {
        switch (thrown) {
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            default -> throw new IllegalArgumentException(thrown);
        }
    }

    @Test
    void observerThatThrowsHarmsNothing() {
        SyncDriver driven =
                driver(new ChangeTracker("node-a", EnumSet.allOf(IpFamily.class), clock), new SyncObserver() {
                    @Override
                    public void begun(IpFamily family, boolean full) {
                        throw new IllegalStateException("bug in the metrics");
                    }

                    @Override
                    public void queued(IpFamily family) {
                        throw new AssertionError("bug in the health");
                    }
                });
        for (Kind kind : Kind.values()) {
            driven.synced(kind);
        }
        driven.runDue();
        assertThat(v4.syncs()).hasSize(1);
        assertThat(v6.syncs()).hasSize(1);
    }

    @Test
    void stateThatThrowsIsADefectAndAFullSyncFollows() {
        FailingState state = new FailingState(new ChangeTracker("node-a", EnumSet.allOf(IpFamily.class), clock));
        SyncDriver driven = driver(state, ears);
        for (Kind kind : Kind.values()) {
            driven.synced(kind);
        }
        driven.runDue();
        clock.advance(Duration.ofSeconds(1));
        state.failure = new IllegalStateException("bug in the tracker");
        driven.service(web(80));
        assertThat(ears.defects).hasSize(1);
        driven.runDue();
        assertThat(ears.failures).hasSize(2);
        state.failure = null;
        clock.advance(Duration.ofSeconds(30));
        driven.runDue();
        assertThat(v4.syncs()).containsExactly(Changes.all(), Changes.all());
    }

    @Test
    void zoneChangeMakesTheNextSyncFull() {
        settled();
        driver.node(new NodeObject("node-a", "zone-a", List.of(), List.of(), List.of(), List.of(), false));
        driver.runDue();
        assertThat(v4.syncs()).containsExactly(Changes.all(), Changes.all());
        assertThat(ears.heard).startsWith("node node-a", "queued IPv4", "queued IPv6", "begun IPv4 full");
    }

    @Test
    void nodeGoneChangesNothing() {
        settled();
        driver.nodeGone("node-a");
        driver.runDue();
        assertThat(syncs()).isEqualTo(1);
    }

    @Test
    void longestPeriodBringsAFullSyncWithoutAnyChange() {
        settled();
        clock.advance(Duration.ofHours(1));
        driver.runDue();
        assertThat(v4.syncs()).containsExactly(Changes.all(), Changes.all());
    }

    @Test
    void successCarriesWhatMetricsAndHealthNeed() {
        settled();
        driver.service(service("shop/web")
                .type("LoadBalancer")
                .externalPolicy("Local")
                .healthCheckNodePort(32000)
                .ingress("203.0.113.1", "")
                .port("http", 80)
                .build());
        driver.service(service("shop/api")
                .clusterIp("10.96.0.11")
                .internalPolicy("Local")
                .port("", 80)
                .build());
        driver.endpointSlice(slice("shop/web-1", "web")
                .tcp("http", 8080)
                .add(endpoint("10.0.0.1").node("node-a"))
                .ready("10.0.0.2")
                .triggered("2026-01-01T00:00:00.500Z")
                .build());
        driver.endpointSlice(
                slice("shop/api-1", "api").tcp("", 8080).ready("10.0.0.3").build());
        v4.during(() -> clock.advance(Duration.ofMillis(250)));
        driver.runDue();
        Success success = ears.successes.getFirst();
        assertThat(success.family()).isEqualTo(IpFamily.IPV4);
        assertThat(success.full()).isFalse();
        assertThat(success.duration()).isEqualTo(Duration.ofMillis(250));
        assertThat(success.latencies()).containsExactly(Duration.ofMillis(750));
        assertThat(success.portCount()).isEqualTo(2);
        assertThat(success.endpointCount()).isEqualTo(3);
        assertThat(success.withoutLocal()).isEqualTo(new WithoutLocal(1, 0));
        assertThat(success.readiness().everything()).isFalse();
        assertThat(success.readiness().services())
                .containsEntry(new ServiceName("shop", "web"), Optional.of(new LocalReadiness(32000, 1)));
    }

    @Test
    void latenciesOfAFailedSyncAreLost() {
        settled();
        v4.during(() -> {
            throw new SyncException("no");
        });
        driver.endpointSlice(slice("shop/web-1", "web")
                .tcp("http", 8080)
                .ready("10.0.0.2")
                .triggered("2026-01-01T00:00:00.500Z")
                .build());
        driver.service(web(80));
        driver.runDue();
        v4.during(() -> {});
        clock.advance(Duration.ofSeconds(30));
        driver.runDue();
        assertThat(ears.successes).hasSize(1);
        assertThat(ears.successes.getFirst().latencies()).isEmpty();
    }

    @Test
    void problemsOfSourceObjectsAndBackendsAreOneList() {
        Problem manifest = Problem.skipped("shop.yaml", "line 3", "no YAML");
        Problem unsupported = Problem.skipped("Service shop/web", "", "SCTP is not carried in userspace mode");
        driver.problems(List.of(manifest));
        v4.reports(List.of(unsupported));
        v6.reports(List.of(unsupported));
        driver.service(web(0));
        settled();
        assertThat(ears.problems).hasSize(3).contains(manifest, unsupported);
        driver.problems(List.of());
        driver.serviceGone(new ServiceName("shop", "web"));
        driver.runDue();
        assertThat(ears.problems).containsExactly(unsupported);
    }

    /** A state that fails when told to. */
    private static final class FailingState implements ClusterState {
        private final ClusterState state;
        private @Nullable RuntimeException failure;

        FailingState(ClusterState state) {
            this.state = state;
        }

        private ClusterState state() {
            if (failure != null) {
                throw failure;
            }
            return state;
        }

        @Override
        public void service(ServiceObject service) {
            state().service(service);
        }

        @Override
        public void serviceGone(ServiceName name) {
            state().serviceGone(name);
        }

        @Override
        public Optional<SliceEffect> endpointSlice(EndpointSliceObject slice) {
            return state().endpointSlice(slice);
        }

        @Override
        public Optional<SliceEffect> endpointSliceGone(String namespace, String name) {
            return state().endpointSliceGone(namespace, name);
        }

        @Override
        public void node(NodeObject node) {
            state().node(node);
        }

        @Override
        public int pending(IpFamily family) {
            return state().pending(family);
        }

        @Override
        public Batch take(IpFamily family) {
            return state().take(family);
        }

        @Override
        public ProxySnapshot snapshot(IpFamily family) {
            return state.snapshot(family);
        }

        @Override
        public List<Problem> problems() {
            return state.problems();
        }
    }
}
