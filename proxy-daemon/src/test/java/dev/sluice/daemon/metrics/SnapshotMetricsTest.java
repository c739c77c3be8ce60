// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.kubernetes.snapshot.SnapshotObserver;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;

class SnapshotMetricsTest {
    private final MetricsPage page = new MetricsPage(true, InstantSource.system());

    @Test
    void useAndWritesAreShownOnceThereIsAStateDirectory() {
        assertThat(lines()).noneMatch(line -> line.contains("sluice_snapshot"));
        SnapshotObserver snapshots = page.snapshots();
        snapshots.fromSnapshot(Instant.ofEpochSecond(900_000));
        snapshots.notStored();
        assertThat(lines())
                .contains(
                        "sluice_snapshot_in_use 1.0",
                        "sluice_snapshot_timestamp_seconds 900000.0",
                        "sluice_snapshot_write_failures_total 1.0");
        snapshots.live();
        snapshots.stored(Instant.ofEpochSecond(950_000), 1234);
        assertThat(lines())
                .contains(
                        "sluice_snapshot_in_use 0.0",
                        "sluice_snapshot_timestamp_seconds 950000.0",
                        "sluice_snapshot_bytes 1234.0");
    }

    private List<String> lines() {
        return page.scrape("").body().lines().toList();
    }
}
