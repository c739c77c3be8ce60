// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.chart.observe;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A metric that an expression names.
 *
 * @param equal the labels that must have a certain value
 * @param labels all labels that the selector names
 */
public record Selector(String metric, Map<String, String> equal, Set<String> labels) {
    /** What the daemon and kube-proxy show, and Prometheus' own {@code up}. */
    private static final Pattern METRIC = Pattern.compile(
            "\\b((?:sluice|kubeproxy|kubernetes|rest_client|process|jvm)_\\w+|up\\b)\\s*(?:\\{([^}]*)})?");

    private static final Pattern MATCHER = Pattern.compile("(\\w+)\\s*(=~|!~|!=|=)\\s*\"([^\"]*)\"");
    private static final Pattern GROUPING = Pattern.compile("\\b(?:by|on|without|ignoring)\\s*\\(([^)]*)\\)");

    /** The selectors of an expression. */
    public static List<Selector> of(String expression) {
        List<Selector> selectors = new ArrayList<>();
        Matcher metric = METRIC.matcher(GROUPING.matcher(expression).replaceAll(""));
        while (metric.find()) {
            Map<String, String> equal = new LinkedHashMap<>();
            Set<String> labels = new TreeSet<>();
            Matcher matcher = MATCHER.matcher(metric.group(2) == null ? "" : metric.group(2));
            while (matcher.find()) {
                if (matcher.group(1).startsWith("exported_")) {
                    continue; // the name that a scrape without honor_labels gives a label of the page
                }
                labels.add(matcher.group(1));
                if (matcher.group(2).equals("=") && !matcher.group(3).startsWith("$")) {
                    equal.put(matcher.group(1), matcher.group(3));
                }
            }
            selectors.add(new Selector(metric.group(1), equal, labels));
        }
        return selectors;
    }

    /** The labels that an expression groups or joins by. */
    public static Set<String> grouping(String expression) {
        Set<String> labels = new TreeSet<>();
        Matcher grouping = GROUPING.matcher(expression);
        while (grouping.find()) {
            for (String label : grouping.group(1).split(",", -1)) {
                labels.add(label.strip());
            }
        }
        labels.remove("");
        return labels;
    }

    /** Whether a series with {@code found} is of those that this selector may mean. */
    public boolean matches(Map<String, String> found) {
        return found.keySet().containsAll(labels) && found.entrySet().containsAll(equal.entrySet());
    }
}
