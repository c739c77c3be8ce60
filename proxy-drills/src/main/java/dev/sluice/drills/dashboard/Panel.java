// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.dashboard;

import dev.sluice.testkit.api.JsonDocument;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;

/**
 * A panel of a dashboard, as far as it is drawn.
 *
 * @param type {@code row}, {@code stat}, {@code timeseries}
 * @param look of its lines
 * @param steps colors from a value on, the first from minus infinity on
 */
record Panel(String title, String type, String unit, Grid grid, Look look, List<Step> steps, List<Target> targets) {

    /** The place in a grid of 24 columns. */
    record Grid(int x, int y, int w, int h) {}

    /** @param fill opacity of the area below a line, 0 to 1 */
    record Look(boolean bars, boolean stacked, boolean whole, double fill, OptionalDouble max) {}

    record Step(double from, String color) {}

    /** A query, and the pattern of the names of its series. */
    record Target(String expression, String legend) {}

    static Panel parse(Map<String, Object> json) {
        Map<String, Object> field = at(json, "fieldConfig", "defaults");
        Map<String, Object> custom = at(field, "custom");
        Map<String, Object> grid = at(json, "gridPos");
        return new Panel(
                text(json, "title"),
                text(json, "type"),
                text(field, "unit"),
                new Grid((int) number(grid, "x", 0), (int) number(grid, "y", 0), (int) number(grid, "w", 0), (int)
                        number(grid, "h", 0)),
                new Look(
                        text(custom, "drawStyle").equals("bars"),
                        text(at(custom, "stacking"), "mode").equals("normal"),
                        number(field, "decimals", -1) == 0,
                        number(custom, "fillOpacity", 0) / 100,
                        field.get("max") instanceof Number max
                                ? OptionalDouble.of(max.doubleValue())
                                : OptionalDouble.empty()),
                steps(at(field, "thresholds")),
                JsonDocument.objects(json.get("targets")).stream()
                        .map(target -> new Target(text(target, "expr"), text(target, "legendFormat")))
                        .toList());
    }

    private static List<Step> steps(Map<String, Object> thresholds) {
        List<Step> steps = new ArrayList<>();
        for (Map<String, Object> step : JsonDocument.objects(thresholds.get("steps"))) {
            steps.add(new Step(number(step, "value", Double.NEGATIVE_INFINITY), text(step, "color")));
        }
        return steps;
    }

    private static Map<String, Object> at(Map<String, Object> json, String... keys) {
        Map<String, Object> found = json;
        for (String key : keys) {
            found = JsonDocument.object(found.get(key));
        }
        return found;
    }

    private static String text(Map<String, Object> json, String key) {
        return Objects.toString(json.get(key), "");
    }

    private static double number(Map<String, Object> json, String key, double otherwise) {
        return json.get(key) instanceof Number number ? number.doubleValue() : otherwise;
    }
}
