// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.dashboard;

import dev.sluice.testkit.api.JsonDocument;
import dev.sluice.testkit.lab.TextFile;
import dev.sluice.testkit.prometheus.PrometheusServer;
import dev.sluice.testkit.prometheus.TimeSeries;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A Grafana dashboard: the panels outside its collapsed rows. */
public record Dashboard(String title, List<Panel> panels) {
    private static final Pattern PLACEHOLDER = Pattern.compile("\\{\\{\\s*(\\w+)\\s*}}");

    /** A panel with what its queries gave. */
    record Filled(Panel panel, List<Line> lines) {}

    /** A series with the name that the legend shows. */
    record Line(String name, List<TimeSeries.Sample> samples) {
        double last() {
            return samples.getLast().value();
        }

        double max() {
            return samples.stream().mapToDouble(TimeSeries.Sample::value).max().orElse(Double.NaN);
        }
    }

    /** Reads a dashboard's JSON. */
    public static Dashboard read(Path file) throws IOException {
        Map<String, Object> json = JsonDocument.parse(TextFile.read(file));
        List<Panel> panels = JsonDocument.objects(json.get("panels")).stream()
                .filter(panel -> !Boolean.TRUE.equals(panel.get("collapsed")))
                .map(Panel::parse)
                .toList();
        return new Dashboard(String.valueOf(json.get("title")), panels);
    }

    /** Asks Prometheus for what the panels show. */
    List<Filled> fill(PrometheusServer prometheus, Window window) {
        List<Filled> filled = new ArrayList<>();
        for (Panel panel : panels) {
            List<Line> lines = new ArrayList<>();
            for (Panel.Target target : panel.targets()) {
                String query = target.expression()
                        .replace("$__rate_interval", window.rateInterval())
                        .replaceAll("\\$\\w+", ".*");
                for (TimeSeries series : prometheus.range(query, window.begin(), window.end(), window.step())) {
                    List<TimeSeries.Sample> known = series.samples().stream()
                            .filter(sample -> Double.isFinite(sample.value()))
                            .toList();
                    if (!known.isEmpty()) {
                        lines.add(new Line(name(target.legend(), series.labels()), known));
                    }
                }
            }
            filled.add(new Filled(panel, lines));
        }
        return filled;
    }

    private static String name(String legend, Map<String, String> labels) {
        return PLACEHOLDER
                .matcher(legend)
                .replaceAll(found -> Matcher.quoteReplacement(labels.getOrDefault(found.group(1), "")))
                .strip();
    }
}
