// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.snapshot;

import java.time.Instant;

/** Is told how the snapshot of the cluster's state fares, from threads of the source. */
public interface SnapshotObserver {

    /** Objects are delivered from a snapshot, because the API server has delivered none of their kind yet. */
    void fromSnapshot(Instant written);

    /** The API server has delivered everything: nothing is taken from a snapshot any more. */
    void live();

    /** A snapshot was written. */
    void stored(Instant written, long bytes);

    /** A snapshot could not be written; it is tried again. */
    void notStored();
}
