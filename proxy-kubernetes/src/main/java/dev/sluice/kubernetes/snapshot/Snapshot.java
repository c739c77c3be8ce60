// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.snapshot;

import dev.sluice.core.model.ResourceKind;
import java.util.List;

/** A snapshot that was read. */
record Snapshot(SnapshotHeader header, List<ObjectLine> objects) {

    List<ObjectLine> of(ResourceKind kind) {
        return objects.stream().filter(object -> object.kind() == kind).toList();
    }
}
