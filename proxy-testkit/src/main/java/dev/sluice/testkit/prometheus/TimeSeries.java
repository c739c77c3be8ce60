// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.prometheus;

import dev.sluice.testkit.api.JsonDocument;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A series of an answer of Prometheus: one sample of an instant query, several of a range query. */
public record TimeSeries(Map<String, String> labels, List<Sample> samples) {

    /** @param time in seconds since 1970 */
    public record Sample(double time, double value) {}

    /** The value of the last sample. */
    public double last() {
        return samples.getLast().value();
    }

    static TimeSeries parse(Map<String, Object> result) {
        Map<String, String> labels = new TreeMap<>();
        JsonDocument.object(result.get("metric")).forEach((name, value) -> labels.put(name, String.valueOf(value)));
        List<Sample> samples = new ArrayList<>();
        if (result.get("values") instanceof List<?> values) {
            values.forEach(value -> samples.add(sample(value)));
        } else {
            samples.add(sample(result.get("value")));
        }
        return new TimeSeries(labels, samples);
    }

    private static Sample sample(@Nullable Object pair) {
        if (pair instanceof List<?> list && list.size() == 2) {
            return new Sample(number(list.get(0)), number(list.get(1)));
        }
        throw new IllegalArgumentException("not a sample: " + pair);
    }

    private static double number(@Nullable Object value) {
        return switch (String.valueOf(value)) {
            case "+Inf" -> Double.POSITIVE_INFINITY;
            case "-Inf" -> Double.NEGATIVE_INFINITY;
            default -> Double.parseDouble(String.valueOf(value));
        };
    }
}
