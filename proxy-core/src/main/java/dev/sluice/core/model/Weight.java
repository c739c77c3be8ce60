package dev.sluice.core.model;

import java.util.Map;
import java.util.OptionalInt;

/**
 * How large the share of an endpoint is beside the others of its Service: one of weight 2 is to get twice what one of weight
 * 1 gets, one of weight 0 no new connections. Without a word of anybody all have weight 1.
 */
public final class Weight {
    /** On an EndpointSlice for its endpoints, or on a Service for those of slices that do not have it. */
    public static final String ANNOTATION = "sluice.dev/weight";

    /** The weight of whom nobody gave another. */
    public static final int DEFAULT = 1;

    /** The largest weight that may be given: the bound of ipvsadm; the kernel's own is higher. */
    public static final int MAX = 65_535;

    /** The path of the annotation, for problems. */
    public static final String FIELD = "metadata.annotations[" + ANNOTATION + "]";

    private Weight() {}

    /** The weight that {@code text} spells in decimal digits; empty when it is none. */
    public static OptionalInt parse(String text) {
        boolean digits = !text.isEmpty() && text.length() <= 5 && text.chars().allMatch(c -> c >= '0' && c <= '9');
        return digits && Integer.parseInt(text) <= MAX ? OptionalInt.of(Integer.parseInt(text)) : OptionalInt.empty();
    }

    /** What an object's annotations say, {@code otherwise} when they say nothing or nothing valid. */
    public static int of(Map<String, String> annotations, int otherwise) {
        String text = annotations.get(ANNOTATION);
        return text == null ? otherwise : parse(text).orElse(otherwise);
    }

    /** Reports an annotation that is no weight, with what holds instead. */
    public static void check(Map<String, String> annotations, String otherwise, ProblemList problems) {
        String text = annotations.get(ANNOTATION);
        if (text != null && parse(text).isEmpty()) {
            problems.ignored(FIELD, "'" + text + "' is no weight, want 0 to " + MAX + "; " + otherwise);
        }
    }
}
