// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.read;

import java.util.List;
import java.util.Map;

/**
 * A value of a parsed JSON or YAML document. {@code line} is the line on which the value begins, counted from 1, or 0
 * when there is no file.
 */
public sealed interface Tree {

    int line();

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
