// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.repair;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.kernel.ForeignChange;
import dev.sluice.core.kernel.ForeignWatch;
import dev.sluice.core.kernel.HostException;
import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.model.NoLocalEndpoints;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.KernelCost;
import dev.sluice.core.sync.ReadinessUpdate;
import dev.sluice.core.sync.Suspects;
import dev.sluice.core.sync.SyncException;
import dev.sluice.core.sync.SyncObserver;
import dev.sluice.core.sync.SyncObserver.Failure;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.core.sync.Ticker;
import dev.sluice.linux.process.Command;
import dev.sluice.linux.rulewatch.OwnRestores;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class RuleRepairTest {
    private static final SyncReport NOTHING = new SyncReport(true, KernelCost.NONE, List.of(), Map.of());

    private final OwnRestores own = new OwnRestores();
    private final BlockingQueue<Suspects> asked = new LinkedBlockingQueue<>();
    private final BlockingQueue<Repair> repairs = new LinkedBlockingQueue<>();
    private final List<Consumer<ForeignChange>> watches = new ArrayList<>();
    private final RuleRepair repair =
            new RuleRepair(EnumSet.allOf(IpFamily.class), own, new TestWatch(), List.of(repairs::add), Ticker.system());
    private volatile String restored = "";
    private boolean nobodyElse;

    /** A watch that notices what the test makes it notice. */
    private final class TestWatch implements ForeignWatch, ForeignWatch.Opener {
        @Override
        public ForeignWatch open(Consumer<ForeignChange> noticed) {
            watches.add(noticed);
            return this;
        }

        @Override
        public String means() {
            return "a test";
        }

        @Override
        public boolean missedNothing() {
            return nobodyElse;
        }

        @Override
        public void close() {
            watches.clear();
        }
    }

    /** As the sync thread would, with a restore of {@link #restored} if there is one. */
    private CompletableFuture<?> repair(IpFamily family, Suspects suspects) {
        repair.repairing(family);
        if (!restored.isEmpty()) {
            Command command = new Command(
                    family == IpFamily.IPV4 ? "/sbin/iptables-nft-restore" : "/sbin/ip6tables-nft-restore",
                    List.of(),
                    restored,
                    Duration.ZERO);
            own.started(command, 1);
            own.ended(command, 1);
        }
        repair.repaired(family, NOTHING);
        asked.add(suspects);
        return CompletableFuture.completedFuture(family);
    }

    private void start() throws InterruptedException {
        repair.use(this::repair);
        for (IpFamily family : IpFamily.values()) {
            assertThat(watches).isEmpty();
            repair.failed(new Failure(family, true, Duration.ZERO, new SyncException("any end will do")));
        }
        assertThat(watches).hasSize(1);
        for (IpFamily family : IpFamily.values()) {
            assertThat(asked.poll(30, TimeUnit.SECONDS))
                    .as("one look after the start, " + family)
                    .isEqualTo(Suspects.all());
        }
    }

    private void edit(String by, String chain) {
        watches.getFirst().accept(new ForeignChange(IpFamily.IPV4, by, false, Set.of(new KernelObject("nat", chain))));
    }

    private Suspects nextLook() throws InterruptedException {
        Suspects suspects = asked.poll(30, TimeUnit.SECONDS);
        assertThat(suspects).isNotNull();
        return suspects == null ? Suspects.all() : suspects;
    }

    @AfterEach
    void close() {
        repair.close();
        assertThat(watches).isEmpty();
    }

    @Test
    void aRepairThatFailsDoesNotStopTheNext() throws Exception {
        start();
        CountDownLatch failed = new CountDownLatch(1);
        repair.use((family, suspects) -> {
            if (failed.getCount() > 0) {
                failed.countDown();
                throw new StackOverflowError("for the test");
            }
            return repair(family, suspects);
        });
        edit("firewalld", "FIRST");
        failed.await();
        edit("firewalld", "SECOND");
        assertThat(nextLook()).isEqualTo(Suspects.of(Set.of(new KernelObject("nat", "SECOND"))));
    }

    @Test
    void repairTellsWhoAndWhat() throws Exception {
        start();
        restored = """
                *nat
                :OURS - [0:0]
                -A OURS -j RETURN
                -A OURS -j ACCEPT
                COMMIT
                *filter
                -I INPUT 1 -j OURS
                COMMIT
                """;
        edit("firewalld (pid 7)", "OURS");
        assertThat(nextLook()).isEqualTo(Suspects.of(Set.of(new KernelObject("nat", "OURS"))));
        Repair told = repairs.take();
        assertThat(told.written())
                .isEqualTo(Map.of(new KernelObject("nat", "OURS"), 2, new KernelObject("filter", "INPUT"), 1));
        assertThat(told.text())
                .startsWith(
                        "firewalld (pid 7) changed IPv4 rules of the proxy; repaired by 3 lines in filter (INPUT), nat"
                                + " (OURS), ");
    }

    @Test
    void lookThatFindsNothingTellsNothing() throws Exception {
        start();
        edit("somebody", "OURS");
        nextLook();
        assertThat(repairs).isEmpty();
    }

    @Test
    void editsOfOneMomentAreOneLook() throws Exception {
        start();
        for (int i = 0; i < 100; i++) {
            edit("iptables (pid " + i + ")", "OURS" + i % 10);
        }
        int chains = 0;
        int looks = 0;
        while (chains < 10) {
            chains += nextLook().objects().size();
            looks++;
        }
        assertThat(looks).isLessThan(10);
    }

    @Test
    void whatNobodyElseCanHaveChangedIsNotComparedAgain() throws Exception {
        nobodyElse = true;
        repair.use(this::repair);
        for (IpFamily family : IpFamily.values()) {
            repair.failed(new Failure(family, true, Duration.ZERO, new SyncException("any end will do")));
        }
        watches.getFirst().accept(new ForeignChange(IpFamily.IPV6, "", false, Set.of(new KernelObject("nat", "OURS"))));
        assertThat(asked.poll(30, TimeUnit.SECONDS))
                .as("the first look is at that edit")
                .isEqualTo(Suspects.of(Set.of(new KernelObject("nat", "OURS"))));
    }

    @Test
    void whereNothingCanBeWatchedTheProxyGoesOn() {
        ForeignWatch.Opener refused = new ForeignWatch.Opener() {
            @Override
            public ForeignWatch open(Consumer<ForeignChange> noticed) throws HostException {
                throw new HostException("not permitted");
            }

            @Override
            public void close() {}
        };
        RuleRepair blind = new RuleRepair(Set.of(IpFamily.IPV4), own, refused, List.of(), Ticker.system());
        blind.failed(new Failure(IpFamily.IPV4, true, Duration.ZERO, new SyncException("any")));
        blind.close();
    }

    @Test
    void whatASyncFoundChangedBesideRulesIsToldAndNamed() throws Exception {
        SyncReport report = new SyncReport(
                false,
                KernelCost.NONE,
                List.of(),
                Map.of(),
                Map.of(),
                Map.of(
                        new KernelObject("ipvs", "10.96.0.10:53/UDP"),
                        3,
                        new KernelObject("addresses", "kube-ipvs0"),
                        1));
        repair.succeeded(new SyncObserver.Success(
                IpFamily.IPV4,
                false,
                report,
                Duration.ofMillis(7),
                List.of(),
                1,
                2,
                NoLocalEndpoints.NONE,
                ReadinessUpdate.NONE));
        assertThat(repairs.poll(30, TimeUnit.SECONDS))
                .isNotNull()
                .extracting(Repair::text)
                .isEqualTo("another program changed IPv4 rules of the proxy; repaired by 4 lines in"
                        + " addresses (kube-ipvs0), ipvs (10.96.0.10:53/UDP), 7 ms after it was noticed");
    }
}
