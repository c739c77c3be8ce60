// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.chart.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.testkit.api.JsonDocument;
import dev.sluice.testkit.daemon.Launcher;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each alert is valid, fires when it should and only then, and says what to do. */
@Tag("slow")
class AlertRulesTest {
    private static final Path TOP = Launcher.repository();

    @Test
    void promtoolAcceptsTheRules() throws Exception {
        Promtool.accepts("check", AlertRule.files());
    }

    @Test
    void eachAlertFiresWhenItShould() throws Exception {
        Promtool.accepts("test", tests());
    }

    @Test
    void eachAlertHasATestOfFiringAndOfSilence() {
        assertThat(tested(true)).isEqualTo(names());
        assertThat(tested(false)).isEqualTo(names());
    }

    @ParameterizedTest
    @MethodSource("alerts")
    void saysWhatIsWrong(AlertRule alert) {
        assertThat(alert.labels().get("severity")).isIn("critical", "warning", "info");
        assertThat(String.valueOf(alert.annotations().get("summary")))
                .endsWith(".")
                .hasSizeLessThan(120);
        assertThat(String.valueOf(alert.annotations().get("description"))).hasSizeGreaterThan(80);
        assertThat(alert.annotations().get("runbook_url"))
                .isEqualTo("docs/operations.md#" + alert.name().toLowerCase(Locale.ROOT));
    }

    @Test
    void eachAlertHasASectionOfTheOperatorsPage() throws IOException {
        Path page = TOP.resolve("docs/operations.md");
        assumeTrue(Files.exists(page), "docs/operations.md is not there");
        Set<String> sections = Files.readAllLines(page).stream()
                .filter(line -> line.matches("#+ Sluice\\w+"))
                .map(line -> line.replaceAll("#+ ", ""))
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(sections).isEqualTo(names());
    }

    static List<AlertRule> alerts() {
        return AlertRule.all();
    }

    private static List<Path> tests() {
        return AlertRule.listed("helm/src/test/promtool", ".yaml");
    }

    private static Set<String> names() {
        return AlertRule.all().stream().map(AlertRule::name).collect(Collectors.toCollection(TreeSet::new));
    }

    /** The alerts that a test expects to fire, or not to. */
    private static Set<String> tested(boolean firing) {
        return tests().stream()
                .flatMap(file -> JsonDocument.objects(AlertRule.parsed(file).get("tests")).stream())
                .flatMap(test -> JsonDocument.objects(test.get("promql_expr_test")).stream())
                .filter(check -> JsonDocument.objects(check.get("exp_samples")).isEmpty() != firing)
                .map(check -> String.valueOf(check.get("expr")))
                .filter(expression -> expression.contains("alertname=\""))
                .map(expression -> expression.replaceAll(".*alertname=\"(\\w+)\".*", "$1"))
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
