// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.model;

import java.util.Comparator;

/**
 * What is wrong with one object, stated so that an operator can act on it. A problem never stops the other objects; it
 * is logged once, counted, and listed in the health details while it lasts.
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

    /** The effect on the object. */
    public enum Severity {
        /** The object, or the named part of it, is not in force. */
        SKIPPED,
        /** The object is in force; the named value is ignored. */
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
