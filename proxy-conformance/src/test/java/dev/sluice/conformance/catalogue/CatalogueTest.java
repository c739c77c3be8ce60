// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.core.config.ProxyMode;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CatalogueTest {
    private final List<Scenario> all = Catalogue.all();

    @Test
    void idsAreUniqueAndFitForANamespace() {
        assertThat(all)
                .extracting(Scenario::id)
                .doesNotHaveDuplicates()
                .allSatisfy(id -> assertThat(id).matches("[a-z][a-z0-9-]{1,40}"));
    }

    @ParameterizedTest
    @EnumSource
    void everyModeHasAtLeastFortyBehaviours(ProxyMode mode) {
        assertThat(all.stream().filter(s -> s.modes().contains(mode))).hasSizeGreaterThanOrEqualTo(40);
    }

    @Test
    void everyScenarioHasSteps() {
        assertThat(all).allSatisfy(s -> assertThat(s.steps()).as(s.id()).isNotEmpty());
    }
}
