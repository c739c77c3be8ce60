// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FlagValuesTest {

    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "+5, 5",
        "-999, -999",
        "2147483647, 2147483647",
        "-2147483648, -2147483648",
        "0x10, 16",
        "010, 8",
        "0o17, 15",
        "-0b101, -5"
    })
    void wholeNumbersAreReadAsInGo(String text, int number) {
        assertThat(FlagValues.read(ConfigField.Type.INT, text)).isEqualTo(number);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "1.0", "2147483648", "99999999999", "--1", "+-1", "08", "#FF", "0b2", "0b-1"})
    void otherTextsAreNoWholeNumbers(String text) {
        assertThat(FlagValues.read(ConfigField.Type.INT, text)).isNull();
    }

    @ParameterizedTest
    @CsvSource({"7.5, 7.5", "-3, -3", "1e3, 1000", "1E-1, 0.1", ".5, 0.5", "5., 5"})
    void numbersHaveExponents(String text, double number) {
        assertThat(FlagValues.read(ConfigField.Type.NUMBER, text)).isEqualTo(number);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "1e39", "1d", "NaN", "e3", "."})
    void otherTextsAreNoNumbers(String text) {
        assertThat(FlagValues.read(ConfigField.Type.NUMBER, text)).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "10.0.0.1", "::1", "10.0.0.1:1", "[::1]:65535", "0.0.0.0:10256"})
    void addressesMayHaveAPort(String text) {
        assertThat(FlagValues.read(ConfigField.Type.IP_PORT, text)).isEqualTo(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"foo", ":1111", "1.2.3.4:99999", "0.0.0.0:0", "[10.0.0.1]:80", "::1]:80", "10.0.0.1:"})
    void otherTextsAreNoAddresses(String text) {
        assertThat(FlagValues.read(ConfigField.Type.IP_PORT, text)).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "1500", "64Ki", "1.5Mi", "2k", "1e3", "-1"})
    void quantitiesHaveSuffixes(String text) {
        assertThat(FlagValues.read(ConfigField.Type.QUANTITY, text)).isEqualTo(text);
    }

    @Test
    void rulesOfVmoduleArePatternsWithLevels() {
        assertThat(FlagValues.read(ConfigField.Type.VMODULE, "a=4,sync*=010,"))
                .isEqualTo(List.of(new VmoduleRule("a", 4), new VmoduleRule("sync*", 10)));
        assertThat(FlagValues.read(ConfigField.Type.VMODULE, "")).isEqualTo(List.of());
    }

    @ParameterizedTest
    @ValueSource(strings = {"zzz", "a=", "=4", "a=b=4", "a=-1", "a=99999999999", "a=x"})
    void otherTextsAreNoRules(String text) {
        assertThat(FlagValues.read(ConfigField.Type.VMODULE, text)).isNull();
    }

    @Test
    void aNameIsTrimmedAndInLowerCase() {
        assertThat(FlagValues.read(ConfigField.Type.HOST_NAME, " Node-A ")).isEqualTo("node-a");
        assertThat(FlagValues.read(ConfigField.Type.HOST_NAME, "   ")).isNull();
    }
}
