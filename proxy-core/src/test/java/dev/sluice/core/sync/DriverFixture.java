// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.sync;

import static dev.sluice.core.fixture.ServiceBuilder.service;

import dev.sluice.core.config.SyncPeriods;
import dev.sluice.core.fixture.ManualClock;
import dev.sluice.core.fixture.RecordingBackend;
import dev.sluice.core.model.ResourceKind;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.source.ClusterEvent;
import dev.sluice.core.source.ServiceObject;
import dev.sluice.core.track.ChangeTracker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;

/** The sync loop without its thread, with two backends, by a clock that is moved by hand. */
final class DriverFixture {
    private static final SyncPeriods PERIODS =
            new SyncPeriods(Duration.ofSeconds(1), Duration.ofSeconds(30), Duration.ofHours(1));

    final ManualClock clock = new ManualClock(Long.MAX_VALUE - 1_000_000_000L);
    final RecordingBackend v4 = new RecordingBackend(IpFamily.IPV4);
    final RecordingBackend v6 = new RecordingBackend(IpFamily.IPV6);
    final RecordingObserver ears = new RecordingObserver();
    final SyncDriver driver = driver(tracker(), ears);

    SyncDriver driver(ClusterState state, SyncObserver... each) {
        SyncObservers observers = new SyncObservers(List.of(each));
        List<FamilySync> families = new ArrayList<>();
        for (RecordingBackend backend : List.of(v4, v6)) {
            families.add(new FamilySync(backend, state, PERIODS, clock, clock, observers));
        }
        return new SyncDriver(state, families, observers);
    }

    ChangeTracker tracker() {
        return new ChangeTracker("node-a", EnumSet.allOf(IpFamily.class), clock);
    }

    static ServiceObject web(int port) {
        return service("shop/web").port("http", port).build();
    }

    static void listed(SyncDriver driver) {
        for (ResourceKind kind : ResourceKind.values()) {
            driver.accept(new ClusterEvent.Listed(kind));
        }
    }

    /** Everything listed, both families in sync, and a second later. */
    void settled() {
        listed(driver);
        driver.runDue();
        clock.advance(Duration.ofSeconds(1));
        ears.heard.clear();
        ears.successes.clear();
    }

    int syncs() {
        return v4.syncs().size();
    }
}
