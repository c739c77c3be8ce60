// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.nftables.NetlinkNftables;
import dev.sluice.linux.nftables.NftCommand;
import dev.sluice.linux.nftables.NftCommand.Table;
import dev.sluice.nftables.config.NftablesConfig;
import dev.sluice.testkit.model.SamplePorts;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Another program commits to tables of its own while this mode syncs: neither is disturbed. */
@EnabledIf(value = "isRoot", disabledReason = "needs root to make network namespaces")
@Timeout(120)
@Tag("slow")
class NftablesConcurrencyTest {
    private static final int STEPS = 60;

    static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void commitsOfOthersDoNotDisturb(IpFamily family) throws Exception {
        Random chance = new Random(3);
        SamplePorts ports = new SamplePorts(family);
        AtomicBoolean ended = new AtomicBoolean();
        AtomicLong commits = new AtomicLong();
        try (KernelTable table = new KernelTable(NftablesConfig.defaults(family));
                NetlinkNftables others = table.others()) {
            CompletableFuture<Void> busy = CompletableFuture.runAsync(() -> {
                while (!ended.get()) {
                    commit(others, new Table(family, "theirs"));
                    commits.incrementAndGet();
                }
            });
            try {
                table.fullSync();
                for (int step = 0; step < STEPS; step++) {
                    table.snapshot.put(ports.any(chance.nextInt(STEPS), chance));
                    SyncReport report = step % 10 == 9 ? table.fullSync() : table.sync();
                    assertThat(report.full()).as("step %s", step).isEqualTo(step % 10 == 9);
                    assertThat(report.problems()).isEmpty();
                }
            } finally {
                ended.set(true);
            }
            busy.get();
            table.fullSync();
            assertThat(commits).hasPositiveValue();
            assertThat(table.fullSync().cost().messages()).isZero();
        }
    }

    private static void commit(NetlinkNftables others, Table table) {
        try {
            others.commit(List.of(new NftCommand.AddTable(table, "", false), new NftCommand.DeleteTable(table)));
        } catch (KernelException e) {
            throw new IllegalStateException(e);
        }
    }
}
