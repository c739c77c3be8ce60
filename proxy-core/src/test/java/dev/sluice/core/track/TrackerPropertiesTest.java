// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.track;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.fixture.ManualClock;
import dev.sluice.core.fixture.RandomCluster;
import dev.sluice.core.model.LocalReadiness;
import dev.sluice.core.model.NoLocalEndpoints;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.model.ServiceName;
import dev.sluice.core.model.ServicePort;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.ProxySnapshot;
import dev.sluice.core.sync.SyncBatch;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random histories; the seed is in the name of a failure. */
class TrackerPropertiesTest {
    private static final int HISTORIES = 60;
    private static final int STEPS = 120;

    private static ChangeTracker tracker() {
        return new ChangeTracker("node-a", EnumSet.allOf(IpFamily.class), new ManualClock(0));
    }

    private static Map<ServicePortName, ResolvedPort> byName(ProxySnapshot snapshot) {
        Map<ServicePortName, ResolvedPort> ports = new HashMap<>();
        snapshot.ports().forEach(port -> ports.put(port.name(), port));
        return ports;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 1_000, 2_000, 3_000})
    void incrementalStateEqualsThatOfAFreshTracker(long firstSeed) {
        for (long seed = firstSeed; seed < firstSeed + HISTORIES; seed++) {
            RandomCluster cluster = new RandomCluster(seed);
            Random random = new Random(seed);
            ChangeTracker tracker = tracker();
            for (int step = 0; step < STEPS; step++) {
                cluster.step(tracker);
                if (random.nextInt(4) == 0) {
                    tracker.take(random.nextBoolean() ? IpFamily.IPV4 : IpFamily.IPV6);
                }
            }
            ChangeTracker fresh = tracker();
            cluster.replay(fresh);
            for (IpFamily family : IpFamily.values()) {
                ProxySnapshot actual = tracker.take(family).snapshot();
                ProxySnapshot expected = fresh.take(family).snapshot();
                assertThat(byName(actual)).as("seed %d", seed).isEqualTo(byName(expected));
                assertThat(actual.node()).isEqualTo(expected.node());
                assertSums(actual, seed);
                assertNoConflicts(actual, seed);
            }
            assertThat(tracker.problems()).as("seed %d", seed).isEqualTo(fresh.problems());
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 1_000, 2_000, 3_000})
    void reportedChangesAreThosePortsThatDifferAndNoOthers(long firstSeed) {
        for (long seed = firstSeed; seed < firstSeed + HISTORIES; seed++) {
            RandomCluster cluster = new RandomCluster(seed);
            Random random = new Random(seed);
            ChangeTracker tracker = tracker();
            Map<IpFamily, Map<ServicePortName, ResolvedPort>> mirrors = new EnumMap<>(IpFamily.class);
            for (int step = 0; step < STEPS; step++) {
                cluster.step(tracker);
                IpFamily family = random.nextBoolean() ? IpFamily.IPV4 : IpFamily.IPV6;
                if (random.nextInt(3) == 0) {
                    Map<ServicePortName, ResolvedPort> before = mirrors.getOrDefault(family, Map.of());
                    SyncBatch batch = tracker.take(family);
                    Map<ServicePortName, ResolvedPort> after = byName(batch.snapshot());
                    if (!batch.changes().everything()) {
                        assertThat(batch.changes().ports())
                                .as("seed %d step %d", seed, step)
                                .isEqualTo(difference(before, after));
                    }
                    mirrors.put(family, after);
                    assertThat(tracker.pending(family)).isZero();
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 1_000})
    void nothingIsLeftWhenEverythingHasGone(long firstSeed) {
        for (long seed = firstSeed; seed < firstSeed + HISTORIES; seed++) {
            RandomCluster cluster = new RandomCluster(seed);
            ChangeTracker tracker = tracker();
            for (int step = 0; step < STEPS; step++) {
                cluster.step(tracker);
                if (step % 10 == 0) {
                    tracker.take(IpFamily.IPV4);
                }
            }
            cluster.clear(tracker);
            for (IpFamily family : IpFamily.values()) {
                ProxySnapshot snapshot = tracker.take(family).snapshot();
                assertThat(snapshot.ports()).as("seed %d", seed).isEmpty();
                assertThat(snapshot.endpointCount()).isZero();
                assertThat(snapshot.noLocalEndpoints()).isEqualTo(NoLocalEndpoints.NONE);
                assertThat(tracker.family(family).size()).as("seed %d", seed).isZero();
                assertThat(tracker.family(family).portals()).as("seed %d", seed).isZero();
            }
            assertThat(tracker.problems()).as("seed %d", seed).isEmpty();
        }
    }

    private static Set<ServicePortName> difference(
            Map<ServicePortName, ResolvedPort> before, Map<ServicePortName, ResolvedPort> after) {
        Set<ServicePortName> names = new HashSet<>(before.keySet());
        names.addAll(after.keySet());
        names.removeIf(name -> before.containsKey(name)
                && after.containsKey(name)
                && before.get(name).equals(after.get(name)));
        return names;
    }

    /** The sums that are kept equal the sums over all ports. */
    private static void assertSums(ProxySnapshot snapshot, long seed) {
        assertThat(snapshot.endpointCount())
                .as("seed %d", seed)
                .isEqualTo(snapshot.ports().stream()
                        .mapToInt(p -> p.endpoints().all().size())
                        .sum());
        assertThat(snapshot.noLocalEndpoints()).as("seed %d", seed).isEqualTo(NoLocalEndpoints.of(snapshot.ports()));
        Map<ServiceName, List<ResolvedPort>> byService = new HashMap<>();
        for (ResolvedPort port : snapshot.ports()) {
            byService
                    .computeIfAbsent(port.name().service(), s -> new ArrayList<>())
                    .add(port);
        }
        Map<ServiceName, LocalReadiness> readiness = new HashMap<>();
        byService.forEach((service, ports) -> {
            int healthPort = ports.getFirst().service().healthCheckNodePort();
            if (healthPort != 0) {
                readiness.put(service, LocalReadiness.of(healthPort, ports));
            }
        });
        assertThat(snapshot.localReadiness()).as("seed %d", seed).isEqualTo(readiness);
    }

    /** No two service ports share a node port, or an address and port. */
    private static void assertNoConflicts(ProxySnapshot snapshot, long seed) {
        Map<String, ServicePortName> taken = new HashMap<>();
        List<ResolvedPort> ports = new ArrayList<>(snapshot.ports());
        ports.sort(Comparator.comparing(ResolvedPort::name));
        for (ResolvedPort resolved : ports) {
            ServicePort port = resolved.service();
            Set<String> wanted = new HashSet<>();
            if (port.nodePort() != 0) {
                wanted.add("node port " + port.nodePort());
            }
            Set<IpAddress> addresses = new HashSet<>(port.externalIps());
            addresses.addAll(port.loadBalancerVips());
            addresses.add(port.clusterIp());
            addresses.forEach(address -> wanted.add(address.withPort(port.port())));
            for (String want : wanted) {
                assertThat(taken.put(want + "/" + port.protocol(), port.name()))
                        .as("seed %d: %s", seed, want)
                        .isNull();
            }
        }
    }
}
