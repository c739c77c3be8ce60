// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.chart;

import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The table of values in the chart's README.
 *
 * @param rows in the order of the file
 * @param undescribed the paths of values without a comment
 */
record ValueTable(List<String> rows, List<String> undescribed) {
    private static final Pattern KEY = Pattern.compile("( *)([A-Za-z]+):.*");
    private static final Pattern COMMENT = Pattern.compile(" *# ?(.*)");
    private static final String BEGIN = "-- ";

    /** Reads a file of values, in which the comment of a value begins with {@code # --}. */
    static ValueTable of(String values) {
        Map<String, Object> parsed = Chart.yaml(values);
        List<String> rows = new ArrayList<>();
        List<String> undescribed = new ArrayList<>();
        Deque<String> path = new ArrayDeque<>();
        StringBuilder comment = new StringBuilder();
        String described = "";
        for (String line : values.lines().toList()) {
            Matcher key = KEY.matcher(line);
            Matcher text = COMMENT.matcher(line);
            if (text.matches()) {
                String said = text.group(1);
                if (said.startsWith(BEGIN)) {
                    comment.setLength(0);
                    comment.append(said.substring(BEGIN.length()));
                } else if (!comment.isEmpty()) {
                    comment.append(' ').append(said.strip());
                }
            } else if (key.matches()) {
                while (path.size() > key.group(1).length() / 2) {
                    path.removeLast();
                }
                path.addLast(key.group(2));
                String name = String.join(".", path);
                Object value = at(parsed, path);
                if (!comment.isEmpty()) {
                    rows.add(row(name, value, comment.toString()));
                    described = name;
                } else if (!(value instanceof Map<?, ?>)
                        && !(name.startsWith(described + ".") && !described.isEmpty())) {
                    undescribed.add(name);
                }
                comment.setLength(0);
            }
        }
        return new ValueTable(rows, undescribed);
    }

    private static @Nullable Object at(Map<String, Object> values, Iterable<String> path) {
        Object value = values;
        for (String key : path) {
            value = value instanceof Map<?, ?> map ? map.get(key) : null;
        }
        return value;
    }

    private static String row(String name, @Nullable Object value, String description) {
        String json = new KubernetesSerialization().asJson(value);
        return "| `" + name + "` | `" + json + "` | " + description.strip().replace("|", "\\|") + " |";
    }
}
