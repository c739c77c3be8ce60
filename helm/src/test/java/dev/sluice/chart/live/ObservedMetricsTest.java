// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.chart.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.chart.observe.AlertRule;
import dev.sluice.chart.observe.DashboardFile;
import dev.sluice.chart.observe.Selector;
import dev.sluice.core.config.ProxyMode;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Whatever an alert or a dashboard asks for is on the page of a running daemon in each mode that has it; and the API
 * server denies that daemon nothing by the chart's role.
 */
class ObservedMetricsTest {
    /** What a scrape adds to each series. */
    private static final Map<String, String> TARGET = Map.of("job", "sluice", "instance", "node-a", "node", "node-a");

    @ParameterizedTest
    @EnumSource(ProxyMode.class)
    void alertsAndDashboardsNameWhatThereIs(ProxyMode mode, @TempDir Path folder) throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "the network lab needs root");
        MetricsText page = MetricsText.parse(TroubledPage.of(mode, folder), TARGET);
        Set<String> missing = new TreeSet<>();
        for (String expression : expressions()) {
            Set<String> labels = new TreeSet<>(TARGET.keySet());
            List<Selector> selectors = Selector.of(expression);
            assertThat(selectors).as(expression).isNotEmpty();
            for (Selector selector : selectors) {
                List<Map<String, String>> series = page.of(selector.metric());
                series.forEach(found -> labels.addAll(found.keySet()));
                if (MetricModes.of(selector.metric()).contains(mode)
                        && series.stream().noneMatch(selector::matches)) {
                    missing.add(selector.toString());
                }
            }
            boolean complete =
                    selectors.stream().allMatch(s -> MetricModes.of(s.metric()).contains(mode));
            if (complete && !labels.containsAll(Selector.grouping(expression))) {
                missing.add(Selector.grouping(expression) + " of " + expression);
            }
        }
        assertThat(missing).isEmpty();
        assertThat(TroubledPage.denied(folder))
                .as("calls in mode %s that the chart's role denies", mode.flagValue())
                .isEmpty();
    }

    private static List<String> expressions() {
        return Stream.concat(
                        AlertRule.all().stream().map(AlertRule::expression),
                        DashboardFile.all().stream().flatMap(board -> board.expressions().stream()))
                .distinct()
                .toList();
    }
}
