// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.read;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The fields of an object or of a part of it, read by type. A value of the wrong type is reported with its path and
 * reads as absent; reading never fails.
 */
public final class Fields {
    private final @Nullable Fields parent;
    private final String segment;
    private final Tree.Mapping mapping;
    private final List<FieldError> errors;
    private final StringPool strings;

    /** The fields of a whole object. Errors are added to {@code errors}. */
    public Fields(Tree.Mapping root, String path, List<FieldError> errors, StringPool strings) {
        this(null, path, root, errors, strings);
    }

    private Fields(
            @Nullable Fields parent,
            String segment,
            Tree.Mapping mapping,
            List<FieldError> errors,
            StringPool strings) {
        this.parent = parent;
        this.segment = segment;
        this.mapping = mapping;
        this.errors = errors;
        this.strings = strings;
    }

    /** The same fields, reporting errors to another list. */
    public Fields reportingTo(List<FieldError> elsewhere) {
        return new Fields(parent, segment, mapping, elsewhere, strings);
    }

    /** Whether the field is present and not null. */
    public boolean has(String field) {
        return get(field) != null;
    }

    /** The string in a field, empty when absent. */
    public String text(String field) {
        return asText(get(field), field);
    }

    /** The string in a field whose values repeat from object to object; one copy of it is kept. */
    public String sharedText(String field) {
        return strings.shared(text(field));
    }

    /** The same as {@link #sharedText}, null when absent. */
    public @Nullable String sharedTextOrNull(String field) {
        return has(field) ? sharedText(field) : null;
    }

    /** The number in a field, 0 when absent. */
    public int number(String field) {
        Integer number = numberOrNull(field);
        return number == null ? 0 : number;
    }

    /** The number in a field, null when absent. */
    public @Nullable Integer numberOrNull(String field) {
        Tree value = get(field);
        return switch (value) {
            case null -> null;
            case Tree.Whole(long number, int line) when number == (int) number -> (int) number;
            case Tree.Text(String text, int line)
            when isNumber(text) -> {
                report(field, line, "expected a number, got the string \"" + text + "\": write it without quotes");
                yield null;
            }
            default -> {
                report(field, value.line(), "expected a whole number, got " + describe(value));
                yield null;
            }
        };
    }

    /** The boolean in a field, null when absent. */
    public @Nullable Boolean flag(String field) {
        Tree value = get(field);
        return switch (value) {
            case null -> null;
            case Tree.Flag(boolean flag, int line) -> flag;
            default -> {
                report(field, value.line(), "expected true or false, got " + describe(value));
                yield null;
            }
        };
    }

    /** The object in a field; without fields when absent. */
    public Fields at(String field) {
        return new Fields(this, field, asMapping(get(field), field), errors, strings);
    }

    /** The objects in a list, none when absent. */
    public List<Fields> items(String field) {
        List<Tree> items = sequence(field);
        List<Fields> result = new ArrayList<>(items.size());
        for (int i = 0; i < items.size(); i++) {
            String place = field + "[" + i + "]";
            result.add(new Fields(this, place, asMapping(items.get(i), place), errors, strings));
        }
        return result;
    }

    /** The strings in a list, none when absent. */
    public List<String> texts(String field) {
        return texts(field, false);
    }

    /** The strings in a list whose values repeat from object to object; one copy of each is kept. */
    public List<String> sharedTexts(String field) {
        return texts(field, true);
    }

    /** The entries of a string map whose keys {@code wanted} accepts; the other entries are not read. */
    public Map<String, String> entries(String field, Predicate<String> wanted) {
        Tree.Mapping map = asMapping(get(field), field);
        Map<String, String> result = new HashMap<>();
        map.fields().forEach((key, value) -> {
            if (wanted.test(key)) {
                result.put(strings.shared(key), asText(value, field + "[" + key + "]"));
            }
        });
        return result.isEmpty() ? Map.of() : Map.copyOf(result);
    }

    /** Reports an error in a field of this object; {@code message} says what was expected. */
    public void report(String field, String message) {
        Tree value = mapping.fields().get(field);
        report(field, value == null ? mapping.line() : value.line(), message);
    }

    private void report(String field, int line, String message) {
        FieldError error = new FieldError(path(field), line, message);
        if (!errors.contains(error)) {
            errors.add(error);
        }
    }

    private String path(String field) {
        String prefix = parent == null ? segment : parent.path(segment);
        return prefix.isEmpty() ? field : prefix + "." + field;
    }

    private List<String> texts(String field, boolean shared) {
        List<Tree> items = sequence(field);
        if (items.isEmpty()) {
            return List.of();
        }
        List<String> result = new ArrayList<>(items.size());
        for (int i = 0; i < items.size(); i++) {
            Tree item = items.get(i);
            String text = asText(item, field + "[" + i + "]");
            result.add(shared ? strings.shared(text) : text);
        }
        return List.copyOf(result);
    }

    private @Nullable Tree get(String field) {
        Tree value = mapping.fields().get(field);
        return value instanceof Tree.Absent ? null : value;
    }

    private String asText(@Nullable Tree value, String field) {
        return switch (value) {
            case null -> "";
            case Tree.Text(String text, int line) -> text;
            case Tree.Absent(int line) -> "";
            default -> {
                boolean scalar = !(value instanceof Tree.Mapping || value instanceof Tree.Sequence);
                report(
                        field,
                        value.line(),
                        "expected a string, got " + describe(value) + (scalar ? ": put it in quotes" : ""));
                yield "";
            }
        };
    }

    private Tree.Mapping asMapping(@Nullable Tree value, String field) {
        return switch (value) {
            case null -> new Tree.Mapping(Map.of(), mapping.line());
            case Tree.Mapping map -> map;
            default -> {
                report(field, value.line(), "expected an object, got " + describe(value));
                yield new Tree.Mapping(Map.of(), value.line());
            }
        };
    }

    private List<Tree> sequence(String field) {
        Tree value = get(field);
        return switch (value) {
            case null -> List.of();
            case Tree.Sequence(List<Tree> items, int line) -> items;
            default -> {
                report(field, value.line(), "expected a list, got " + describe(value));
                yield List.of();
            }
        };
    }

    private static boolean isNumber(String text) {
        return !text.isEmpty() && text.length() < 10 && text.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    private static String describe(Tree value) {
        return switch (value) {
            case Tree.Mapping map -> "an object";
            case Tree.Sequence sequence -> "a list";
            case Tree.Text(String text, int line) -> "the string \"" + shortened(text) + "\"";
            case Tree.Whole(long number, int line) -> "the number " + number;
            case Tree.Flag(boolean flag, int line) -> String.valueOf(flag);
            case Tree.Fraction(String literal, int line) -> "the number " + shortened(literal);
            case Tree.Absent absent -> "nothing";
        };
    }

    private static String shortened(String text) {
        return text.length() <= 40 ? text : text.substring(0, 37) + "...";
    }
}
