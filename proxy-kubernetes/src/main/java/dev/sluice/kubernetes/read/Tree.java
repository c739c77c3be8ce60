package dev.sluice.kubernetes.read;

import java.util.List;
import java.util.Map;

/**
 * A parsed document, the same for JSON and YAML, whatever its shape. {@code line} is the line of the file that the value
 * begins on, counted from 1, or 0 when it comes from no file.
 */
public sealed interface Tree {

    int line();

    /** An object; the fields keep their order. */
    record Mapping(Map<String, Tree> fields, int line) implements Tree {}

    /** A list. */
    record Sequence(List<Tree> items, int line) implements Tree {}

    /** A text. */
    record Text(String value, int line) implements Tree {}

    /** A whole number. */
    record Whole(long value, int line) implements Tree {}

    /** {@code true} or {@code false}. */
    record Flag(boolean value, int line) implements Tree {}

    /** A number with a fraction, or one too large; in the words of the document. */
    record Fraction(String literal, int line) implements Tree {}

    /** {@code null}: as good as not there. */
    record Absent(int line) implements Tree {}
}
