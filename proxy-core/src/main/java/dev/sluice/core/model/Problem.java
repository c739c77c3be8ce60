package dev.sluice.core.model;

import java.util.Comparator;

/**
 * Something wrong with one object, in words that an operator can act on. A problem never stops the other objects; it is
 * logged once, counted, and listed in the health details for as long as it lasts.
 *
 * @param field the path of the field, e.g. {@code spec.ports[0].nodePort}, or {@code line 12}; may be empty
 * @param message what is wrong and what to do about it
 */
public record Problem(Severity severity, ObjectRef object, String field, String message)
        implements Comparable<Problem> {

    private static final Comparator<Problem> ORDER = Comparator.comparing(Problem::object)
            .thenComparing(Problem::field)
            .thenComparing(Problem::message)
            .thenComparing(Problem::severity);

    /** How much is lost. */
    public enum Severity {
        /** The object, or the named part of it, is not in force. */
        SKIPPED,
        /** The object is in force, with the named value ignored. */
        IGNORED
    }

    public static Problem skipped(ObjectRef object, String field, String message) {
        return new Problem(Severity.SKIPPED, object, field, message);
    }

    public static Problem ignored(ObjectRef object, String field, String message) {
        return new Problem(Severity.IGNORED, object, field, message);
    }

    @Override
    public int compareTo(Problem other) {
        return ORDER.compare(this, other);
    }

    @Override
    public String toString() {
        return object + (field.isEmpty() ? "" : ": " + field) + ": " + message;
    }
}
