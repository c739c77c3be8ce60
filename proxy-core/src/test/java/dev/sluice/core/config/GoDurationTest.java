// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GoDurationTest {

    @ParameterizedTest
    @CsvSource({
        "0, PT0S, 0s",
        "0s, PT0S, 0s",
        "250ms, PT0.25S, 250ms",
        "1s, PT1S, 1s",
        "1.5s, PT1.5S, 1.5s",
        "90s, PT90S, 1m30s",
        "15m, PT15M, 15m0s",
        "24h, PT24H, 24h0m0s",
        "1h2m3s, PT1H2M3S, 1h2m3s",
        "10us, PT0.00001S, 10µs",
        "-5s, PT-5S, -5s",
    })
    void readsAndWritesWhatGoDoes(String text, Duration duration, String printed) {
        assertThat(GoDuration.parse(text)).contains(duration);
        assertThat(GoDuration.format(duration)).isEqualTo(printed);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "5", "s", "1 s", "1d", "1s2", "--1s", "abc"})
    void refusesWhatIsNoDuration(String text) {
        assertThat(GoDuration.parse(text)).isEmpty();
    }
}
