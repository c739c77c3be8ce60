// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.track;

import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.track.PortalRegistry.Claimant;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** What is known of one Service in one family. Its slices may arrive before it and outlive it. */
final class TrackedService {
    private List<Claimant> declared = List.of();
    private List<ResolvedPort> resolved = List.of();
    private final List<Slice> slices = new ArrayList<>(1);
    private final List<Instant> triggerTimes = new ArrayList<>(0);

    /** The ports that the Service declares. */
    List<Claimant> declared() {
        return declared;
    }

    void declare(List<Claimant> ports) {
        declared = List.copyOf(ports);
    }

    /** The ports as of the last batch. */
    List<ResolvedPort> resolved() {
        return resolved;
    }

    void resolve(List<ResolvedPort> ports) {
        resolved = List.copyOf(ports);
    }

    List<Slice> slices() {
        return slices;
    }

    List<Instant> triggerTimes() {
        return triggerTimes;
    }

    boolean isEmpty() {
        return declared.isEmpty() && resolved.isEmpty() && slices.isEmpty() && triggerTimes.isEmpty();
    }
}
