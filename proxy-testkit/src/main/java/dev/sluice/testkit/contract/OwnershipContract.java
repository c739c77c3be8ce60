// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.SyncException;
import dev.sluice.core.trace.Trace.Verdict;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whose objects are touched: foreign ones never, the mode's own all in the end. */
abstract class OwnershipContract extends ContractPart {

    OwnershipContract(BackendContract mode) {
        super(mode);
    }

    @ParameterizedTest
    @EnumSource
    void objectsOfOthersStay(IpFamily family) throws SyncException {
        assumeTrue(writes());
        try (ModeOnHost node = start(family)) {
            ForeignObjects.add(node.host, family);
            List<String> foreign = ForeignObjects.of(node.dump());
            fill(node, 6);
            assertThat(ForeignObjects.of(node.dump())).as("after a sync").isEqualTo(foreign);
            node.sync(web(family, 0));
            node.restart();
            node.fullSync();
            assertThat(ForeignObjects.of(node.dump())).as("after a restart").isEqualTo(foreign);
            node.backend().cleanUp();
            assertThat(ForeignObjects.of(node.dump())).as("after the clean-up").isEqualTo(foreign);
        }
    }

    @ParameterizedTest
    @EnumSource
    void cleanUpLeavesTheNodeAsBefore(IpFamily family) throws SyncException {
        try (ModeOnHost node = start(family)) {
            ForeignObjects.add(node.host, family);
            List<String> before = node.dump();
            fill(node, 7);
            assertThat(node.dump().equals(before)).isEqualTo(!writes());

            node.backend().cleanUp();

            assertThat(node.dump()).containsExactlyElementsOf(before);
            assertThat(node.explain(web(family, 1)).verdict()).isEqualTo(Verdict.NOT_A_SERVICE);
        }
    }

    @ParameterizedTest
    @EnumSource
    void cleanUpNeedsNoSyncBefore(IpFamily family) throws SyncException {
        try (ModeOnHost node = start(family)) {
            List<String> before = node.dump();
            fill(node, 8);
            node.restart();

            node.backend().cleanUp();

            assertThat(node.dump()).containsExactlyElementsOf(before);
        }
    }

    @ParameterizedTest
    @EnumSource
    void saysWhichChainsAreItsOwn(IpFamily family) throws SyncException {
        assumeTrue(writes());
        try (ModeOnHost node = start(family)) {
            Set<KernelObject> before = ForeignObjects.chains(node.host, family);
            fill(node, 13);
            assertThat(ForeignObjects.chains(node.host, family))
                    .filteredOn(chain -> !before.contains(chain))
                    .isNotEmpty()
                    .allMatch(node.backend()::keepsStateIn);
            assertThat(node.backend().keepsStateIn(new KernelObject("nat", "DOCKER")))
                    .isFalse();
            assertThat(node.module().ownsChain(new KernelObject("nat", "DOCKER")))
                    .isFalse();
        }
    }

    @ParameterizedTest
    @EnumSource
    void anotherModeCanRemoveItsLeftovers(IpFamily family) throws SyncException {
        try (ModeOnHost node = start(family)) {
            List<String> before = node.dump();
            fill(node, 14);
            node.restart();
            ForeignObjects.removeChains(node.host, family, node.module()::ownsChain);

            node.module().removeLeftovers(family);

            assertThat(state(node)).isEqualTo(comparable(before));
            assertThat(node.module().removeLeftovers(family))
                    .as("anything left")
                    .isFalse();
        }
    }
}
