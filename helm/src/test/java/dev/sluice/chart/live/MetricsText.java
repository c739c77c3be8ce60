// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.chart.live;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A metrics page in Prometheus' text format.
 *
 * @param series the labels of each series, by metric
 */
record MetricsText(Map<String, List<Map<String, String>>> series) {
    private static final Pattern LINE = Pattern.compile("([a-zA-Z_:][\\w:]*)(?:\\{(.*)})? \\S+");
    private static final Pattern LABEL = Pattern.compile("(\\w+)=\"((?:[^\"\\\\]|\\\\.)*)\"");

    /**
     * Reads a page.
     *
     * @param target the labels that a scrape adds
     */
    static MetricsText parse(String page, Map<String, String> target) {
        Map<String, List<Map<String, String>>> series = new LinkedHashMap<>();
        page.lines().filter(text -> !text.startsWith("#")).map(LINE::matcher).forEach(line -> {
            if (line.matches()) {
                Map<String, String> labels = new TreeMap<>(target);
                Matcher label = LABEL.matcher(line.group(2) == null ? "" : line.group(2));
                while (label.find()) {
                    labels.put(label.group(1), label.group(2));
                }
                series.computeIfAbsent(line.group(1), _ -> new ArrayList<>()).add(labels);
            }
        });
        return new MetricsText(series);
    }

    /** The series of a metric; none when the page lacks it. */
    List<Map<String, String>> of(String metric) {
        return series.getOrDefault(metric, List.of());
    }
}
