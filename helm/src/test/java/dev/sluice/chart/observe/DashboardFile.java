// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.chart.observe;

import dev.sluice.testkit.api.JsonDocument;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A Grafana dashboard of the chart. */
public record DashboardFile(String name, Map<String, Object> content) {

    /** All dashboards of the chart. */
    public static List<DashboardFile> all() {
        return AlertRule.listed("helm/sluice/files/dashboards", ".json").stream()
                .map(DashboardFile::read)
                .toList();
    }

    private static DashboardFile read(Path file) {
        return new DashboardFile(file.getFileName().toString(), AlertRule.parsed(file));
    }

    /** All panels, rows and the content of collapsed rows included. */
    List<Map<String, Object>> panels() {
        return JsonDocument.objects(content.get("panels")).stream()
                .flatMap(panel -> Stream.concat(Stream.of(panel), JsonDocument.objects(panel.get("panels")).stream()))
                .toList();
    }

    /** The panels that show something. */
    List<Map<String, Object>> charts() {
        return panels().stream()
                .filter(panel -> !"row".equals(panel.get("type")))
                .toList();
    }

    /** The queries of the panels and of the variables' choices. */
    public List<String> expressions() {
        Stream<String> queries = charts().stream()
                .flatMap(panel -> JsonDocument.objects(panel.get("targets")).stream())
                .map(target -> String.valueOf(target.get("expr")));
        Stream<String> variables = variables().stream()
                .filter(variable -> "query".equals(variable.get("type")))
                .map(variable -> String.valueOf(variable.get("definition")))
                .map(query -> query.replaceAll("^label_values\\((.*), *(\\w+)\\)$", "count by ($2) ($1)")
                        .replaceAll("^query_result\\((.*)\\)$", "$1"));
        return Stream.concat(queries, variables).toList();
    }

    List<Map<String, Object>> variables() {
        return JsonDocument.objects(
                JsonDocument.object(content.get("templating")).get("list"));
    }

    @Override
    public String toString() {
        return name;
    }
}
