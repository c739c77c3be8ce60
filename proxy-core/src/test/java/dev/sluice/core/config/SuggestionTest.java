// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SuggestionTest {
    private static final List<String> NAMES = List.of("--proxy-mode", "--profiling", "--cluster-cidr", "mode");

    @ParameterizedTest
    @CsvSource({
        "--proxymode, --proxy-mode",
        "--PROXY-MODE, --proxy-mode",
        "--cluster-cdir, --cluster-cidr",
        "Mode, mode",
        "modes, mode",
        "nope, ''",
        "--no-such-flag, ''",
    })
    void theNearestNameIsMeant(String written, String meant) {
        assertThat(Suggestion.of(written, NAMES).orElse("")).isEqualTo(meant);
    }
}
