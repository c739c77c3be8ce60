// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.model;

import java.util.Map;
import java.util.OptionalInt;

/**
 * The share of an endpoint relative to the others of its Service: weight 2 gets twice as many connections as weight 1,
 * weight 0 gets no new ones.
 */
public final class Weight {
    /** On an EndpointSlice, for its endpoints; on a Service, for endpoints of slices without it. */
    public static final String ANNOTATION = "sluice.dev/weight";

    /** The default weight. */
    public static final int DEFAULT = 1;

    /** The largest valid weight: the limit of ipvsadm; the kernel's own is higher. */
    public static final int MAX = 65_535;

    /** The path of the annotation, for problems. */
    public static final String FIELD = "metadata.annotations[" + ANNOTATION + "]";

    private Weight() {}

    /** Parses a decimal weight; empty when invalid. */
    public static OptionalInt parse(String text) {
        boolean digits = !text.isEmpty() && text.length() <= 5 && text.chars().allMatch(c -> c >= '0' && c <= '9');
        return digits && Integer.parseInt(text) <= MAX ? OptionalInt.of(Integer.parseInt(text)) : OptionalInt.empty();
    }

    /** The weight in an object's annotations; {@code otherwise} when absent or invalid. */
    public static int of(Map<String, String> annotations, int otherwise) {
        String text = annotations.get(ANNOTATION);
        return text == null ? otherwise : parse(text).orElse(otherwise);
    }

    /** Reports an invalid weight, and what applies instead. */
    public static void check(Map<String, String> annotations, String otherwise, ProblemList problems) {
        String text = annotations.get(ANNOTATION);
        if (text != null && parse(text).isEmpty()) {
            problems.ignored(FIELD, "'" + text + "' is not a weight, want 0 to " + MAX + "; " + otherwise);
        }
    }
}
