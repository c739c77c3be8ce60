// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.watchdog;

import static dev.sluice.core.net.IpFamily.IPV4;
import static dev.sluice.core.net.IpFamily.IPV6;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.model.NoLocalEndpoints;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.KernelCost;
import dev.sluice.core.sync.ReadinessUpdate;
import dev.sluice.core.sync.SyncObserver.Success;
import dev.sluice.core.sync.SyncReport;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HeapTrimTest {
    private long used = 100;
    private int collections;
    private final ProcessHeap heap = new ProcessHeap(new ProcessHeap.Memory() {
        @Override
        public long used() {
            return used;
        }

        @Override
        public long committed() {
            return used;
        }

        @Override
        public void collect() {
            collections++;
            used = 10;
        }

        @Override
        public void releaseFiles() {}
    });
    private final HeapTrim trim = new HeapTrim(EnumSet.allOf(IpFamily.class), heap);

    private static SyncReport report(boolean full) {
        return new SyncReport(full, KernelCost.NONE, List.of(), Map.of());
    }

    private static Success success(IpFamily family, boolean full) {
        return new Success(
                family,
                full,
                report(full),
                Duration.ZERO,
                List.of(),
                0,
                0,
                NoLocalEndpoints.NONE,
                ReadinessUpdate.NONE);
    }

    @Test
    void theYoungGenerationOfManyServicesIsSizedBeforeTheFirstSync() {
        trim.begun(IPV4, true);
        assertThat(collections).isZero();

        HeapTrim ofMany = new HeapTrim(EnumSet.allOf(IpFamily.class), heap);
        used = 25 << 20;
        ofMany.begun(IPV4, true);
        assertThat(collections).isEqualTo(1);
        used = 25 << 20;
        ofMany.begun(IPV6, true);
        ofMany.begun(IPV4, false);
        assertThat(collections).isEqualTo(1);
    }

    private void started() {
        trim.succeeded(success(IPV4, true));
        assertThat(collections).isZero();
        trim.succeeded(success(IPV6, true));
        assertThat(collections).isEqualTo(1);
    }

    @Test
    void memoryOfTheStartIsGivenBackOnce() {
        started();
        used = 20;
        trim.succeeded(success(IPV4, true));
        assertThat(collections).isEqualTo(1);
    }

    @Test
    void memoryOfAnyComparisonOfEverythingIsGivenBack() {
        started();
        used = 21;
        trim.succeeded(success(IPV4, false));
        trim.repaired(IPV4, report(false));
        assertThat(collections).isEqualTo(1);
        trim.repaired(IPV4, report(true));
        assertThat(collections).isEqualTo(2);
        used = 21;
        trim.succeeded(success(IPV4, true));
        assertThat(collections).isEqualTo(3);
    }
}
