// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.metrics;

import dev.sluice.kubernetes.snapshot.SnapshotObserver;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import java.time.Instant;

/** The metrics of the snapshot in {@code --state-dir}. */
final class SnapshotMetrics implements SnapshotObserver {
    private final Gauge inUse;
    private final Gauge timestamp;
    private final Gauge bytes;
    private final Counter failures;

    SnapshotMetrics(CollectorFactory names) {
        inUse = names.gauge(
                "sluice_snapshot_in_use", "1 while traffic is carried by a snapshot, because the API server is silent");
        timestamp = names.gauge(
                "sluice_snapshot_timestamp_seconds",
                "Time of the snapshot that was used or written last; 0 before there is one");
        bytes = names.gauge("sluice_snapshot_bytes", "Size of the snapshot that was written last, in bytes");
        failures = names.counter("sluice_snapshot_write_failures_total", "Snapshots that could not be written");
    }

    @Override
    public void fromSnapshot(Instant written) {
        timestamp.set(seconds(written));
        inUse.set(1);
    }

    @Override
    public void live() {
        inUse.set(0);
    }

    @Override
    public void stored(Instant written, long size) {
        timestamp.set(seconds(written));
        bytes.set((double) size);
    }

    @Override
    public void notStored() {
        failures.inc();
    }

    private static double seconds(Instant time) {
        return time.getEpochSecond() + time.getNano() / 1e9;
    }
}
