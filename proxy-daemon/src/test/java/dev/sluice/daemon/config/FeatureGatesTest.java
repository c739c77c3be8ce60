// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class FeatureGatesTest {
    private final List<String> reasons = new ArrayList<>();

    @Test
    void externalIpsAreServedUnlessTheirGateIsOff() {
        FeatureGates none = FeatureGates.read(Map.of(), reasons::add);
        FeatureGates off = FeatureGates.read(Map.of("AllowServiceExternalIPs", false), reasons::add);
        assertThat(none.externalIps()).isTrue();
        assertThat(none.isOn("AllowServiceExternalIPs")).isTrue();
        assertThat(off.externalIps()).isFalse();
        assertThat(off.isOn("AllowServiceExternalIPs")).isFalse();
        assertThat(none.warnings()).isEmpty();
        assertThat(off.warnings()).isEmpty();
        assertThat(reasons).isEmpty();
    }

    @Test
    void whatIsOnForGoodMayBeSetToThat() {
        assertThat(FeatureGates.read(Map.of("NFTablesProxyMode", true), reasons::add)
                        .warnings())
                .isEmpty();
        assertThat(reasons).isEmpty();
    }

    @Test
    void aGateWithoutEffectIsWarnedOf() {
        assertThat(FeatureGates.read(Map.of("GracefulNodeShutdown", true), reasons::add)
                        .warnings())
                .singleElement()
                .asString()
                .contains("GracefulNodeShutdown=true", "no effect");
        assertThat(reasons).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "NFTablesProxyMode, false, locked to true",
        "allowServiceExternalIPs, false, did you mean AllowServiceExternalIPs?",
        "Allow-Service, true, no name of a feature gate",
    })
    void whatCannotBeSetIsARefusal(String name, boolean on, String reason) {
        FeatureGates.read(Map.of(name, on), reasons::add);

        assertThat(reasons).singleElement().asString().contains(name, reason);
    }
}
