// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.Changes;
import dev.sluice.core.sync.KernelCost;
import dev.sluice.core.sync.SyncException;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.core.trace.Trace.Verdict;
import dev.sluice.testkit.model.SamplePorts;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a sync writes, and what it costs. */
abstract class SyncContract extends ContractPart {

    SyncContract(BackendContract mode) {
        super(mode);
    }

    @ParameterizedTest
    @EnumSource
    void tellsItsModeAndFamily(IpFamily family) {
        try (ModeOnHost node = start(family)) {
            assertThat(node.backend().mode()).isEqualTo(node.module().mode());
            assertThat(node.backend().family()).isEqualTo(family);
            assertThat(node.module().conntrack(family)).isNotNull();
        }
    }

    @ParameterizedTest
    @EnumSource
    void knowsNoServiceBeforeTheFirstSync(IpFamily family) {
        ResolvedPort web = web(family, 1);
        try (ModeOnHost node = start(family)) {
            assertThat(node.explain(web).verdict()).isEqualTo(Verdict.NOT_A_SERVICE);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aSecondFullSyncWritesNothing(IpFamily family) throws SyncException {
        try (ModeOnHost node = filled(family, 1)) {
            List<String> before = node.dump();
            node.host.resetCounters();

            SyncReport report = node.fullSync();

            assertThat(report.full()).isTrue();
            assertThat(report.cost()).isEqualTo(KernelCost.NONE);
            assertThat(node.host.writes()).isZero();
            assertThat(node.dump()).containsExactlyElementsOf(before);
        }
    }

    @ParameterizedTest
    @EnumSource
    void anotherProcessAdoptsWhatItFinds(IpFamily family) throws SyncException {
        try (ModeOnHost node = filled(family, 2)) {
            List<String> before = state(node);
            node.restart();
            assertThat(state(node)).as("while nobody runs").containsExactlyElementsOf(before);

            node.fullSync();

            assertThat(state(node)).containsExactlyElementsOf(before);
        }
    }

    @ParameterizedTest
    @EnumSource
    void anotherProcessRemovesWhatIsStale(IpFamily family) throws SyncException {
        try (ModeOnHost node = filled(family, 3);
                ModeOnHost fresh = start(family)) {
            node.restart();
            List.copyOf(node.snapshot.ports()).forEach(port -> node.snapshot.remove(port.name()));
            node.snapshot.put(web(family, 2));
            node.fullSync();
            node.settle();
            fresh.snapshot.put(web(family, 2));
            fresh.fullSync();

            assertThat(state(node)).containsExactlyElementsOf(state(fresh));
        }
    }

    @ParameterizedTest
    @EnumSource
    void stepByStepEndsWhereAtOnceEnds(IpFamily family) throws SyncException {
        Random chance = new Random(4);
        SamplePorts ports = new SamplePorts(family);
        try (ModeOnHost node = start(family)) {
            node.fullSync();
            for (int step = 1; step <= STEPS; step++) {
                for (int i = chance.nextInt(3); i >= 0; i--) {
                    ResolvedPort port = ports.any(chance.nextInt(PORTS), chance);
                    if (chance.nextInt(4) == 0) {
                        node.snapshot.remove(port.name());
                    } else {
                        node.snapshot.put(port);
                    }
                }
                SyncReport report = node.sync();
                assertThat(report.full()).as("step %s", step).isFalse();
                if (step % 8 == 0) {
                    node.settle();
                    compareWithFresh(node, step);
                }
            }
        }
    }

    private void compareWithFresh(ModeOnHost node, int step) throws SyncException {
        try (ModeOnHost fresh = start(node.family)) {
            node.snapshot.ports().forEach(fresh.snapshot::put);
            SyncReport atOnce = fresh.fullSync();
            assertThat(state(node)).as("step %s", step).containsExactlyElementsOf(state(fresh));
            SyncReport stepByStep = node.sync();
            assertThat(stepByStep.applied()).isEqualTo(atOnce.applied());
            assertThat(stepByStep.problems()).isEqualTo(atOnce.problems());
        }
    }

    @ParameterizedTest
    @EnumSource
    void noChangeCostsNothing(IpFamily family) throws SyncException {
        try (ModeOnHost node = filled(family, 5)) {
            node.host.resetCounters();

            SyncReport report = node.backend().sync(node.snapshot, Changes.of(Set.of()));

            assertThat(report.full()).isFalse();
            assertThat(report.cost()).isEqualTo(KernelCost.NONE);
            assertThat(node.host.writes()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource
    void aChangeCostsTheSameAtAnySize(IpFamily family) throws SyncException {
        KernelCost few = costOfAChange(family, 10);
        KernelCost many = costOfAChange(family, 400);

        assertThat(many.messages()).isEqualTo(few.messages());
        // names of branches and socket numbers vary in length by a few characters
        assertThat(many.bytes()).isBetween(few.bytes() - 100, few.bytes() + 100);
    }

    private KernelCost costOfAChange(IpFamily family, int services) throws SyncException {
        SamplePorts ports = new SamplePorts(family);
        try (ModeOnHost node = start(family)) {
            for (int number = 0; number < services; number++) {
                node.snapshot.put(ports.plain(number, 1));
            }
            node.fullSync();
            SyncReport report = node.sync(ports.plain(3, 2));
            assertThat(report.full()).isFalse();
            return report.cost();
        }
    }
}
