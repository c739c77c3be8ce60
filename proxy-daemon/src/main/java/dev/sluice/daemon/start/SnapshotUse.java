// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.start;

import dev.sluice.core.source.ClusterSource;
import dev.sluice.kubernetes.api.ApiConnection;
import dev.sluice.kubernetes.snapshot.PreloadableSource;
import dev.sluice.kubernetes.snapshot.SnapshotObserver;
import dev.sluice.kubernetes.snapshot.SnapshotOwner;
import dev.sluice.kubernetes.snapshot.SnapshotSource;
import dev.sluice.kubernetes.snapshot.SnapshotTiming;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** {@code --state-dir}: adds a snapshot to the API server as the source, and knows whether it is in use. */
final class SnapshotUse implements SnapshotObserver {
    private final Path directory;
    private final SnapshotObserver metrics;
    private volatile @Nullable Instant since;

    SnapshotUse(Path directory, SnapshotObserver metrics) {
        this.directory = directory;
        this.metrics = metrics;
    }

    ClusterSource source(PreloadableSource api, ApiConnection connection, String nodeName) {
        return new SnapshotSource(
                api,
                directory,
                () -> new SnapshotOwner(connection.server(), connection.authority(), nodeName),
                Version.text(),
                this,
                SnapshotTiming.OF_A_DAEMON,
                InstantSource.system());
    }

    /** The time of the snapshot in use; empty while none is. */
    Optional<Instant> since() {
        return Optional.ofNullable(since);
    }

    @Override
    public void fromSnapshot(Instant written) {
        since = written;
        metrics.fromSnapshot(written);
    }

    @Override
    public void live() {
        since = null;
        metrics.live();
    }

    @Override
    public void stored(Instant written, long bytes) {
        metrics.stored(written, bytes);
    }

    @Override
    public void notStored() {
        metrics.notStored();
    }
}
