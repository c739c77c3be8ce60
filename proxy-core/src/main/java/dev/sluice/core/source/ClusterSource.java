// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.source;

/** A source of the cluster's objects: an API server or a directory of manifests. */
public interface ClusterSource extends AutoCloseable {

    /**
     * Starts delivering to {@code listener}, on the source's own threads. Objects outside {@link Selection} are never
     * delivered; one that leaves the selection is delivered as deleted.
     */
    void start(ClusterListener listener);

    /** Stops delivering. */
    @Override
    void close();
}
