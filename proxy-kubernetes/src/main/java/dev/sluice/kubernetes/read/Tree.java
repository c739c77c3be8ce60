// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.read;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A value of a parsed JSON or YAML document. {@code line} is the line on which the value begins, counted from 1, or 0
 * when there is no file.
 */
public sealed interface Tree {

    int line();

    /**
     * The value as a class of the JDK: {@code Map} and {@code List} of such values, {@code String}, {@code Integer} or
     * {@code Long}, {@code Boolean}, {@code Double}, or null.
     */
    default @Nullable Object plain() {
        return switch (this) {
            case Mapping(Map<String, Tree> fields, int line) -> {
                Map<String, @Nullable Object> plain = new LinkedHashMap<>();
                fields.forEach((name, value) -> plain.put(name, value.plain()));
                yield plain;
            }
            case Sequence(List<Tree> items, int line) -> {
                List<@Nullable Object> plain = new ArrayList<>();
                items.forEach(item -> plain.add(item.plain()));
                yield plain;
            }
            case Text(String value, int line) -> value;
            case Whole(long value, int line) -> (int) value == value ? (Object) (int) value : value;
            case Flag(boolean value, int line) -> value;
            case Fraction(String literal, int line) -> plain(literal);
            case Absent(int line) -> null;
        };
    }

    /** YAML's {@code .inf} and {@code .nan} are no numbers of a configuration: they stay text. */
    private static Object plain(String literal) {
        try {
            return Double.valueOf(literal);
        } catch (NumberFormatException e) {
            return literal;
        }
    }

    /** An object; the fields keep their order. */
    record Mapping(Map<String, Tree> fields, int line) implements Tree {}

    /** A list. */
    record Sequence(List<Tree> items, int line) implements Tree {}

    /** A string. */
    record Text(String value, int line) implements Tree {}

    /** A whole number. */
    record Whole(long value, int line) implements Tree {}

    /** {@code true} or {@code false}. */
    record Flag(boolean value, int line) implements Tree {}

    /** A number with a fraction, or one too large, as written in the document. */
    record Fraction(String literal, int line) implements Tree {}

    /** {@code null}: the same as an absent field. */
    record Absent(int line) implements Tree {}
}
