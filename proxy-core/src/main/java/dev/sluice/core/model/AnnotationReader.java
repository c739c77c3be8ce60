// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.model;

import dev.sluice.core.config.GoDuration;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** Reads the annotations of a Service. An invalid value is reported as a problem and treated as absent. */
public final class AnnotationReader {
    private final ServicePort service;
    private final ProblemList problems;

    public AnnotationReader(ServicePort service, ProblemList problems) {
        this.service = service;
        this.problems = problems;
    }

    /** The path of an annotation, for problems. */
    public static String field(String annotation) {
        return "metadata.annotations[" + annotation + "]";
    }

    /** The value as written, null when absent. */
    public @Nullable String text(String annotation) {
        return service.annotations().get(annotation);
    }

    /**
     * Reads a duration in Go's notation.
     *
     * @param range the bounds in words with an example: {@code from 1s to 1h such as 30s}
     * @param otherwise what applies instead of an invalid value
     */
    public Optional<Duration> duration(
            String annotation, Duration least, Duration most, String range, String otherwise) {
        String text = text(annotation);
        if (text == null) {
            return Optional.empty();
        }
        Optional<Duration> value =
                GoDuration.parse(text).filter(d -> d.compareTo(least) >= 0 && d.compareTo(most) <= 0);
        if (value.isEmpty()) {
            ignored(annotation, "is not a duration " + range + "; " + otherwise);
        }
        return value;
    }

    /** Reads a whole number from 1 to 999999999. */
    public OptionalInt count(String annotation, String otherwise) {
        String text = text(annotation);
        if (text == null) {
            return OptionalInt.empty();
        }
        boolean digits = text.length() <= 9 && text.matches("[0-9]+");
        int value = digits ? Integer.parseInt(text) : 0;
        if (value < 1) {
            ignored(annotation, "is not a whole number from 1 to 999999999; " + otherwise);
            return OptionalInt.empty();
        }
        return OptionalInt.of(value);
    }

    /** Reports that the value of {@code annotation} is ignored. */
    public void ignored(String annotation, String why) {
        problems.ignored(field(annotation), "'" + text(annotation) + "' " + why);
    }
}
