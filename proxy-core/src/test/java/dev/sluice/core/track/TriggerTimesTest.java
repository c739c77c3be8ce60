// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.track;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.net.IpFamily;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The times at which changes were made in the cluster, as slices carry them. */
class TriggerTimesTest extends TrackerFixture {
    private List<Instant> times() {
        return tracker.take(IpFamily.IPV4).triggerTimes();
    }

    @Test
    void areThoseOfAcceptedChangesSinceTheLastBatch() {
        tracker.update(webSlice(1)
                .ready("10.0.0.1")
                .triggered("2026-01-01T00:00:01.000000005Z")
                .build());
        tracker.update(webSlice(1)
                .ready("10.0.0.2")
                .triggered("2026-01-01T02:00:02+02:00")
                .build());
        assertThat(times())
                .containsExactly(
                        Instant.parse("2026-01-01T00:00:01.000000005Z"), Instant.parse("2026-01-01T00:00:02Z"));
        assertThat(times()).isEmpty();
    }

    @Test
    void beforeTheTrackerDoNotCount() {
        tracker.update(
                webSlice(1).ready("10.0.0.1").triggered("2025-12-31T23:59:59Z").build());
        tracker.update(
                webSlice(2).ready("10.0.0.1").triggered("2026-01-01T00:00:00Z").build());
        assertThat(times()).isEmpty();
    }

    @Test
    void badOrAbsentOnesAreIgnored() {
        tracker.update(webSlice(1).ready("10.0.0.1").triggered("yesterday").build());
        tracker.update(webSlice(2).ready("10.0.0.1").build());
        assertThat(times()).isEmpty();
        assertThat(tracker.problems()).isEmpty();
    }

    @Test
    void deletedSliceClearsThoseOfItsService() {
        tracker.update(
                webSlice(1).ready("10.0.0.1").triggered("2026-01-01T00:00:01Z").build());
        tracker.update(
                webSlice(2).ready("10.0.0.2").triggered("2026-01-01T00:00:01Z").build());
        tracker.deleteEndpointSlice("shop", "web-2");
        assertThat(times()).isEmpty();
    }
}
