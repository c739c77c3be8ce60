// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.Changes;
import dev.sluice.core.sync.SyncException;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.core.trace.Trace.Verdict;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is refused, what fails, and what others change. */
abstract class FailureContract extends ContractPart {

    FailureContract(BackendContract mode) {
        super(mode);
    }

    @ParameterizedTest
    @EnumSource
    void aRefusedServiceDoesNotStopTheOthers(IpFamily family) throws SyncException {
        assumeTrue(writes());
        ResolvedPort bad = web(family, 1);
        ResolvedPort good = other(family);
        try (ModeOnHost node = start(family)) {
            node.host.refuse(bad.service().addresses().clusterIp());
            node.snapshot.put(bad).put(good);

            SyncReport report = node.fullSync();

            assertThat(report.problems())
                    .isNotEmpty()
                    .allSatisfy(problem -> assertThat(problem.object()).hasToString("Service shop/web"));
            assertThat(node.explain(good).verdict()).isEqualTo(Verdict.FORWARD);

            node.host.refuse();
            assertThat(node.fullSync().problems()).isEmpty();
            assertThat(node.explain(bad).verdict()).isEqualTo(Verdict.FORWARD);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aServiceThatIsRefusedLaterDoesNotStopTheOthers(IpFamily family) throws SyncException {
        assumeTrue(writes());
        ResolvedPort bad = web(family, 1);
        ResolvedPort good = other(family);
        try (ModeOnHost node = start(family)) {
            node.fullSync();
            node.host.refuse(bad.service().addresses().clusterIp());
            node.snapshot.put(bad).put(good);

            SyncReport report = node.sync();

            assertThat(report.problems()).extracting(p -> p.object().toString()).containsOnly("Service shop/web");
            assertThat(node.explain(good).verdict()).isEqualTo(Verdict.FORWARD);
        }
    }

    @ParameterizedTest
    @EnumSource
    void repairsWhatOthersChanged(IpFamily family) throws SyncException {
        assumeTrue(writes());
        Random chance = new Random(9);
        try (ModeOnHost node = filled(family, 9)) {
            List<String> before = state(node);
            ForeignObjects.vandalise(node.host, family, node.backend()::keepsStateIn, chance);
            assertThat(state(node)).isNotEqualTo(before);

            node.repair();

            assertThat(state(node)).containsExactlyElementsOf(before);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aFullSyncRepairsWhatOthersRemoved(IpFamily family) throws SyncException {
        assumeTrue(writes());
        try (ModeOnHost node = filled(family, 10)) {
            List<String> before = state(node);
            ForeignObjects.flush(node.host, family);

            node.fullSync();

            assertThat(state(node)).containsExactlyElementsOf(before);
        }
    }

    @ParameterizedTest
    @EnumSource
    void isFullAgainAfterAFailure(IpFamily family) throws SyncException {
        assumeTrue(writes());
        try (ModeOnHost node = filled(family, 11);
                ModeOnHost fresh = start(family)) {
            node.snapshot.put(web(family, 3));
            node.host.breakDown(true);
            assertThatThrownBy(node::sync).isInstanceOf(SyncException.class);
            node.host.breakDown(false);

            SyncReport report = node.backend().sync(node.snapshot, Changes.of(Set.of()));

            assertThat(report.full()).isTrue();
            node.settle();
            node.snapshot.ports().forEach(fresh.snapshot::put);
            fresh.fullSync();
            assertThat(state(node)).containsExactlyElementsOf(state(fresh));
        }
    }
}
