// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables;

import static dev.sluice.testkit.model.Endpoints.remote;
import static dev.sluice.testkit.model.Endpoints.resolved;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.model.Endpoint;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.nftables.config.NftablesConfig;
import dev.sluice.testkit.model.ServicePorts;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Many Services in the real kernel: their first sync takes several transactions, and one change is as small as ever.
 */
@EnabledIf(value = "isRoot", disabledReason = "needs root to make network namespaces")
@Timeout(300)
@Tag("slow")
class NftablesScaleTest {
    private static final Logger LOG = LoggerFactory.getLogger(NftablesScaleTest.class);
    private static final int MANY = 5_000;
    private static final int FEW = 10;

    static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    private static String address(IpFamily family, int net, int number) {
        return family == IpFamily.IPV4
                ? "10." + net + "." + number / 250 + "." + (1 + number % 250)
                : "fd00:" + net + "::" + Integer.toHexString(1 + number);
    }

    private static void put(KernelTable table, int number, int endpoints) {
        List<Endpoint> list = new ArrayList<>();
        for (int i = 0; i < endpoints; i++) {
            list.add(remote(address(table.family, 110 + i, number), 8080));
        }
        String name = String.format("shop/web%05d", number);
        table.snapshot.put(resolved(
                ServicePorts.tcp(name, address(table.family, 96, number), 80).build(), list));
    }

    private static SyncReport oneEndpointMore(KernelTable table, int services) throws Exception {
        for (int i = 0; i < services; i++) {
            put(table, i, 5);
        }
        put(table, services, 6);
        long begin = System.nanoTime();
        SyncReport first = table.fullSync();
        Duration all = Duration.ofNanos(System.nanoTime() - begin);
        assertThat(first.problems()).isEmpty();
        table.snapshot.changes();
        put(table, 0, 6);
        begin = System.nanoTime();
        SyncReport change = table.sync();
        LOG.info(
                "{}, {} Services: first sync {} ms, change {} us",
                table.family,
                services,
                all.toMillis(),
                (System.nanoTime() - begin) / 1000);
        assertThat(table.fullSync().cost().messages()).isZero();
        return change;
    }

    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void aChangeCostsTheSameAmongAnyNumber(IpFamily family) throws Exception {
        try (KernelTable few = new KernelTable(NftablesConfig.defaults(family));
                KernelTable many = new KernelTable(NftablesConfig.defaults(family))) {
            SyncReport small = oneEndpointMore(few, FEW);
            SyncReport large = oneEndpointMore(many, MANY);

            assertThat(large.full()).isFalse();
            assertThat(large.cost()).isEqualTo(small.cost());
        }
    }
}
