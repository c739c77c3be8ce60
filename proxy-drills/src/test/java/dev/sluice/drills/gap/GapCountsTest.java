// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.gap;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class GapCountsTest {
    @Test
    void aSynThatWasSentAgainCountsUnlessTheMachineStoodStill() {
        assertThat(counts(0, 0, 0).isSeamless()).isTrue();
        assertThat(counts(4, 0, 0).isSeamless()).isFalse();
        assertThat(counts(4, 2, 0).isSeamless()).isTrue();
    }

    @Test
    void aLostConnectionCountsAlways() {
        assertThat(counts(4, 2, 1).isSeamless()).isFalse();
    }

    private static GapCounts counts(long retransmissions, int stalls, int lost) {
        return new GapCounts(20, 9, 1000, retransmissions, stalls, 0, 0, lost, 0, 0, List.of());
    }
}
