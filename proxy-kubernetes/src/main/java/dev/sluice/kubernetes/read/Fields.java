package dev.sluice.kubernetes.read;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The fields of one object or of a part of it, read by type. A value of the wrong type reads as absent and is complained
 * about with its path; reading never fails.
 */
public final class Fields {
    private final @Nullable Fields parent;
    private final String segment;
    private final Tree.Mapping mapping;
    private final List<Complaint> complaints;
    private final Words words;

    /** The root of an object. Complaints are added to {@code complaints}. */
    public Fields(Tree.Mapping root, String path, List<Complaint> complaints, Words words) {
        this(null, path, root, complaints, words);
    }

    private Fields(
            @Nullable Fields parent, String segment, Tree.Mapping mapping, List<Complaint> complaints, Words words) {
        this.parent = parent;
        this.segment = segment;
        this.mapping = mapping;
        this.complaints = complaints;
        this.words = words;
    }

    /** The same fields, complaining elsewhere. */
    public Fields hearing(List<Complaint> elsewhere) {
        return new Fields(parent, segment, mapping, elsewhere, words);
    }

    /** The line that this object begins on, or 0. */
    public int line() {
        return mapping.line();
    }

    /** Whether the field is there and not null. */
    public boolean has(String field) {
        return get(field) != null;
    }

    /** The text of a field, empty when absent. */
    public String text(String field) {
        return asText(get(field), field);
    }

    /** The text of a field whose values repeat from object to object. */
    public String word(String field) {
        return words.one(text(field));
    }

    /** The same, null when absent. */
    public @Nullable String wordOrNull(String field) {
        return has(field) ? word(field) : null;
    }

    /** The number of a field, 0 when absent. */
    public int number(String field) {
        Integer number = numberOrNull(field);
        return number == null ? 0 : number;
    }

    /** The number of a field, null when absent. */
    public @Nullable Integer numberOrNull(String field) {
        Tree value = get(field);
        return switch (value) {
            case null -> null;
            case Tree.Whole(long number, int line) when number == (int) number -> (int) number;
            case Tree.Text(String text, int line)
            when isNumber(text) -> {
                complain(field, line, "expected a number, got the text \"" + text + "\": write it without quotes");
                yield null;
            }
            default -> {
                complain(field, value.line(), "expected a whole number, got " + describe(value));
                yield null;
            }
        };
    }

    /** The flag of a field, null when absent. */
    public @Nullable Boolean flag(String field) {
        Tree value = get(field);
        return switch (value) {
            case null -> null;
            case Tree.Flag(boolean flag, int line) -> flag;
            default -> {
                complain(field, value.line(), "expected true or false, got " + describe(value));
                yield null;
            }
        };
    }

    /** The part under a field; without fields when absent. */
    public Fields at(String field) {
        return new Fields(this, field, asMapping(get(field), field), complaints, words);
    }

    /** The objects of a list, none when absent. */
    public List<Fields> items(String field) {
        List<Tree> items = sequence(field);
        List<Fields> result = new ArrayList<>(items.size());
        for (int i = 0; i < items.size(); i++) {
            String place = field + "[" + i + "]";
            result.add(new Fields(this, place, asMapping(items.get(i), place), complaints, words));
        }
        return result;
    }

    /** The texts of a list, none when absent. */
    public List<String> texts(String field) {
        return texts(field, false);
    }

    /** The texts of a list whose values repeat from object to object. */
    public List<String> words(String field) {
        return texts(field, true);
    }

    /** The entries of a map of texts whose keys {@code wanted} accepts; the other entries are not looked at. */
    public Map<String, String> entries(String field, Predicate<String> wanted) {
        Tree.Mapping map = asMapping(get(field), field);
        Map<String, String> result = new HashMap<>();
        map.fields().forEach((key, value) -> {
            if (wanted.test(key)) {
                result.put(words.one(key), asText(value, field + "[" + key + "]"));
            }
        });
        return result.isEmpty() ? Map.of() : Map.copyOf(result);
    }

    /** Complains about a field of this object, in words that say what was expected. */
    public void complain(String field, String message) {
        Tree value = mapping.fields().get(field);
        complain(field, value == null ? mapping.line() : value.line(), message);
    }

    private void complain(String field, int line, String message) {
        Complaint complaint = new Complaint(path(field), line, message);
        if (!complaints.contains(complaint)) {
            complaints.add(complaint);
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
            result.add(shared ? words.one(text) : text);
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
                complain(
                        field,
                        value.line(),
                        "expected a text, got " + describe(value) + (scalar ? ": put it in quotes" : ""));
                yield "";
            }
        };
    }

    private Tree.Mapping asMapping(@Nullable Tree value, String field) {
        return switch (value) {
            case null -> new Tree.Mapping(Map.of(), mapping.line());
            case Tree.Mapping map -> map;
            default -> {
                complain(field, value.line(), "expected an object, got " + describe(value));
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
                complain(field, value.line(), "expected a list, got " + describe(value));
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
            case Tree.Text(String text, int line) -> "the text \"" + shortened(text) + "\"";
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
