// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.watchdog;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProcessHeapTest {
    private static final long MB = 1 << 20;

    private final List<String> done = new ArrayList<>();
    private long committed;
    private long live;
    private final ProcessHeap heap = new ProcessHeap(new ProcessHeap.Memory() {
        @Override
        public long used() {
            return committed;
        }

        @Override
        public long committed() {
            return committed;
        }

        @Override
        public void collect() {
            done.add("collected");
            committed = live;
        }

        @Override
        public void releaseFiles() {
            done.add("released");
        }
    });

    private void collectedTo(long bytes) {
        live = bytes;
        heap.collect();
        assertThat(done).containsExactly("released", "collected");
        done.clear();
    }

    private void hasGrownTo(long bytes) {
        committed = bytes;
        heap.look();
    }

    @Test
    void aStartIsLeftAlone() {
        hasGrownTo(400 * MB);
        assertThat(done).isEmpty();
    }

    @Test
    void aHeapThatHasGrownByHalfIsCollectedOnce() {
        collectedTo(20 * MB);
        hasGrownTo(29 * MB);
        assertThat(done).as("not by half").isEmpty();
        hasGrownTo(30 * MB);
        heap.look();
        assertThat(done).containsExactly("collected");
    }

    @Test
    void whatLivesIsNotCollectedAgainAndAgain() {
        collectedTo(20 * MB);
        for (live = 20 * MB; live < 120 * MB; live += MB / 10) {
            hasGrownTo(live);
        }
        assertThat(done).as("at 30, 45, 68 and 101 MB").hasSize(4);
    }

    @Test
    void aSmallHeapMayGrowByEightMegabytes() {
        collectedTo(6 * MB);
        hasGrownTo(13 * MB);
        assertThat(done).isEmpty();
        hasGrownTo(14 * MB);
        assertThat(done).containsExactly("collected");
    }
}
