// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.sync;

import static dev.sluice.core.fixture.ServiceBuilder.service;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.config.SyncPeriods;
import dev.sluice.core.fixture.ManualClock;
import dev.sluice.core.fixture.RecordingBackend;
import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.model.ResourceKind;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.source.ClusterEvent;
import dev.sluice.core.track.ChangeTracker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The reaction to a possible change of rules by another program, with a clock that is moved by hand. */
class RepairTest {
    private static final SyncPeriods PERIODS =
            new SyncPeriods(Duration.ofSeconds(1), Duration.ofSeconds(30), Duration.ofHours(1));
    private static final Suspects NAT = Suspects.of(Set.of(new KernelObject("nat", "KUBE-SERVICES")));

    private final ManualClock clock = new ManualClock(0);
    private final RecordingBackend v4 = new RecordingBackend(IpFamily.IPV4);
    private final RecordingBackend v6 = new RecordingBackend(IpFamily.IPV6);
    private final List<String> heard = new ArrayList<>();
    private final SyncDriver driver = driver();

    private SyncDriver driver() {
        SyncObserver observer = new SyncObserver() {
            @Override
            public void repairing(IpFamily family) {
                heard.add("repairing " + family);
            }

            @Override
            public void repaired(IpFamily family, SyncReport report) {
                heard.add("repaired " + family);
            }

            @Override
            public void failed(Failure failure) {
                heard.add("failed " + failure.family());
            }
        };
        SyncObservers observers = new SyncObservers(List.of(observer));
        ClusterState state = new ChangeTracker("node-a", EnumSet.allOf(IpFamily.class), clock);
        List<FamilySync> families = List.of(v4, v6).stream()
                .map(backend -> new FamilySync(backend, state, PERIODS, clock, clock, observers))
                .toList();
        return new SyncDriver(state, families, observers);
    }

    private void firstSync() {
        for (ResourceKind kind : ResourceKind.values()) {
            driver.accept(new ClusterEvent.Listed(kind));
        }
        driver.runDue();
        assertThat(v4.syncs()).hasSize(1);
    }

    @Test
    void itIsDoneAtOnceAndInThatFamilyOnly() {
        firstSync();
        driver.repair(IpFamily.IPV4, NAT);
        assertThat(v4.syncs()).containsExactly(Changes.all(), Changes.all());
        assertThat(v6.syncs()).hasSize(1);
        assertThat(heard).containsExactly("repairing IPv4", "repaired IPv4");
    }

    @Test
    void changesThatWaitGoOnWaiting() {
        firstSync();
        driver.accept(new ClusterEvent.ServiceUpdated(
                service("shop/web").port("http", 80).build()));
        driver.repair(IpFamily.IPV4, Suspects.all());
        assertThat(v4.lastPorts()).isZero();
        clock.advance(Duration.ofSeconds(1));
        driver.runDue();
        assertThat(v4.lastPorts()).isEqualTo(1);
        assertThat(v4.syncs().getLast().everything()).isFalse();
    }

    @Test
    void beforeTheFirstSyncAndAfterAFailureItIsLeftToTheNextSync() {
        driver.repair(IpFamily.IPV4, NAT);
        assertThat(v4.syncs()).isEmpty();
        firstSync();
        v4.during(() -> {
            throw new SyncException("refused");
        });
        driver.repair(IpFamily.IPV4, NAT);
        driver.repair(IpFamily.IPV4, NAT);
        assertThat(v4.syncs()).as("a first sync, and three attempts to repair").hasSize(4);
        assertThat(heard).containsExactly("repairing IPv4", "failed IPv4");
        v4.during(() -> {});
        clock.advance(PERIODS.min());
        driver.runDue();
        assertThat(v4.syncs()).hasSize(5);
        assertThat(v4.syncs().getLast()).isEqualTo(Changes.all());
        driver.repair(IpFamily.IPV4, NAT);
        assertThat(v4.syncs()).hasSize(6);
        assertThat(heard).endsWith("repaired IPv4");
    }

    @Test
    void whoeverIsStillChangingRulesIsOutwaited() {
        firstSync();
        AtomicInteger attempts = new AtomicInteger();
        v4.during(() -> {
            if (attempts.incrementAndGet() < 3) {
                throw new SyncException("a chain does not exist any more");
            }
        });
        driver.repair(IpFamily.IPV4, NAT);
        assertThat(heard).containsExactly("repairing IPv4", "repaired IPv4");
    }

    @Test
    void suspectsAddUp() {
        Suspects filter = Suspects.of(Set.of(new KernelObject("filter", "INPUT")));
        assertThat(NAT.and(filter).objects()).hasSize(2);
        assertThat(NAT.and(Suspects.all())).isEqualTo(Suspects.all());
        assertThat(Suspects.all().and(NAT)).isEqualTo(Suspects.all());
    }
}
