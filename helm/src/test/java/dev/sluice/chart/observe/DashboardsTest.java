// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.chart.observe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testkit.api.JsonDocument;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each dashboard is one that Grafana can load, and each panel explains itself. */
@Tag("slow")
class DashboardsTest {

    static List<DashboardFile> dashboards() {
        return DashboardFile.all();
    }

    @Test
    void thereAreThree() {
        assertThat(dashboards()).hasToString("[migration.json, node.json, service.json]");
        assertThat(dashboards()).extracting(board -> board.content().get("uid")).doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @MethodSource("dashboards")
    void panelsExplainThemselves(DashboardFile board) {
        assertThat(board.panels()).extracting(panel -> panel.get("id")).doesNotHaveDuplicates();
        assertThat(board.charts()).isNotEmpty().allSatisfy(panel -> {
            assertThat(String.valueOf(panel.get("title"))).isNotBlank();
            assertThat(String.valueOf(panel.get("description"))).endsWith(".");
            Map<String, Object> defaults = JsonDocument.object(
                    JsonDocument.object(panel.get("fieldConfig")).get("defaults"));
            assertThat(defaults).containsKey("unit");
            assertThat(JsonDocument.object(panel.get("datasource"))).containsEntry("uid", "${datasource}");
        });
    }

    /** In a row of 24 columns, no panel covers another. */
    @ParameterizedTest
    @MethodSource("dashboards")
    void panelsHaveRoom(DashboardFile board) {
        List<int[]> boxes = JsonDocument.objects(board.content().get("panels")).stream()
                .map(panel -> JsonDocument.object(panel.get("gridPos")))
                .map(at -> new int[] {number(at, "x"), number(at, "y"), number(at, "w"), number(at, "h")})
                .toList();
        for (int i = 0; i < boxes.size(); i++) {
            int[] a = boxes.get(i);
            assertThat(a[0] + a[2]).isLessThanOrEqualTo(24);
            for (int[] b : boxes.subList(0, i)) {
                boolean apart =
                        a[0] + a[2] <= b[0] || b[0] + b[2] <= a[0] || a[1] + a[3] <= b[1] || b[1] + b[3] <= a[1];
                assertThat(apart)
                        .as("panels at %s and %s", List.of(a[0], a[1]), List.of(b[0], b[1]))
                        .isTrue();
            }
        }
    }

    @ParameterizedTest
    @MethodSource("dashboards")
    void promtoolAcceptsTheQueries(DashboardFile board, @TempDir Path folder) throws Exception {
        StringBuilder rules = new StringBuilder("groups:\n- name: dashboard\n  rules:\n");
        int number = 0;
        for (String expression : board.expressions()) {
            String query = expression.replace("$__rate_interval", "5m");
            rules.append("  - record: query")
                    .append(number++)
                    .append("\n    expr: >-\n      ")
                    .append(query);
            rules.append('\n');
        }
        Promtool.accepts("check", List.of(Files.writeString(folder.resolve("rules.yaml"), rules)));
    }

    private static int number(Map<String, Object> at, String key) {
        return ((Number) at.getOrDefault(key, 0)).intValue();
    }
}
