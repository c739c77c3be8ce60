// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.snapshot;

import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.ResourceKind;
import dev.sluice.core.source.ClusterSource;
import java.util.Set;

/** A source that lists objects, and can do with those of an earlier process until it has. */
public interface PreloadableSource extends ClusterSource {

    /**
     * Runs {@code delivery} and takes {@code objects} for delivered by it, unless the first list of {@code kind} has
     * been delivered, or the kind is not needed. That list waits for the delivery; what it lacks of the objects is
     * delivered as deleted.
     *
     * @return whether the delivery has run
     */
    boolean preload(ResourceKind kind, Set<ObjectRef.Resource> objects, Runnable delivery);
}
