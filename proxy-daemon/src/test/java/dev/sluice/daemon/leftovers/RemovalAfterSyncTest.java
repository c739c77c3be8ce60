// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.leftovers;

import static dev.sluice.core.net.IpFamily.IPV4;
import static dev.sluice.core.net.IpFamily.IPV6;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.model.NoLocalEndpoints;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.KernelCost;
import dev.sluice.core.sync.ReadinessUpdate;
import dev.sluice.core.sync.SyncException;
import dev.sluice.core.sync.SyncObserver.Failure;
import dev.sluice.core.sync.SyncObserver.Success;
import dev.sluice.core.sync.SyncReport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RemovalAfterSyncTest {
    private final List<IpFamily> removed = new ArrayList<>();
    private final RemovalAfterSync takeover = new RemovalAfterSync(EnumSet.allOf(IpFamily.class), removed::add);

    private static Success success(IpFamily family) {
        SyncReport report = new SyncReport(true, KernelCost.NONE, List.of(), Map.of());
        return new Success(
                family, true, report, Duration.ZERO, List.of(), 0, 0, NoLocalEndpoints.NONE, ReadinessUpdate.NONE);
    }

    private static Failure failure(IpFamily family) {
        return new Failure(family, true, Duration.ZERO, new SyncException("any will do"));
    }

    @Test
    void noFamilyWaitsForWhatIsRemovedOfAnother() {
        takeover.succeeded(success(IPV4));
        assertThat(removed).isEmpty();
        takeover.succeeded(success(IPV6));
        takeover.succeeded(success(IPV4));
        assertThat(removed).containsExactly(IPV4, IPV6);
    }

    @Test
    void aFamilyThatFailsKeepsWhatIsThereUntilItIsInForce() {
        takeover.succeeded(success(IPV4));
        takeover.failed(failure(IPV6));
        assertThat(removed).containsExactly(IPV4);
        takeover.failed(failure(IPV6));
        takeover.succeeded(success(IPV6));
        assertThat(removed).containsExactly(IPV4, IPV6);
    }
}
