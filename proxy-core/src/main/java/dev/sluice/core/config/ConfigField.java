// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.config;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One field of a KubeProxyConfiguration (kubeproxy.config.k8s.io/v1alpha1), or a setting that only a flag has.
 *
 * @param path dotted, e.g. {@code iptables.masqueradeBit}; for {@link Support#FLAG_ONLY} the flag, e.g.
 *     {@code --scheduler}
 * @param fallback the default, of the Java type of {@link Type}
 * @param support whether Sluice acts on it
 * @param ofModeInUse whether the configuration in effect shows it in the section of the mode in use only
 * @param emptyMeans what an empty text stands for; empty for nothing in particular
 */
public record ConfigField(
        String path, Type type, Object fallback, Support support, boolean ofModeInUse, String emptyMeans) {

    /** A field that Sluice acts on. */
    public static ConfigField of(String path, Type type, Object fallback) {
        return new ConfigField(path, type, fallback, Support.HONOURED, false, "");
    }

    /** A text whose default is empty, which stands for {@code meaning}. */
    public static ConfigField choice(String path, String meaning) {
        return new ConfigField(path, Type.STRING, "", Support.HONOURED, false, meaning);
    }

    public ConfigField with(Support other) {
        return new ConfigField(path, type, fallback, other, ofModeInUse, emptyMeans);
    }

    /** The same, shown in the section of the mode in use only. */
    public ConfigField shownInUse() {
        return new ConfigField(path, type, fallback, support, true, emptyMeans);
    }

    /** What the path begins with, e.g. {@code iptables}; empty for a field outside of sections. */
    public String section() {
        int dot = path.indexOf('.');
        return dot < 0 ? "" : path.substring(0, dot);
    }

    /** Whether Sluice acts on a field's value. */
    public enum Support {
        /** Sluice acts on it. */
        HONOURED,
        /** Not a field of a file: a flag sets it, also when there is a file. */
        FLAG_ONLY,
        /** Its meaning needs no action here, e.g. the fields for Windows. */
        IRRELEVANT,
        /** It is accepted, with a warning when it is set to something else than its default. */
        NOT_YET
    }

    /** The type of a value; Java types in parentheses. */
    public enum Type {
        /** (String). */
        STRING("a string"),
        /** (Boolean). */
        BOOL("true or false"),
        /** (Integer). */
        INT("a whole number"),
        /** (Double). */
        NUMBER("a number"),
        /** (Duration): a Go duration text, or nanoseconds as a number. */
        DURATION("a duration such as 30s or 1m30s"),
        /** (List of String). */
        STRINGS("a list of strings"),
        /** (Map of String to Boolean). */
        SWITCHES("a map of names to true or false"),
        /** Any value; never read. */
        ANY("anything");

        private final String description;

        Type(String description) {
            this.description = description;
        }

        /** What a value of this type looks like, for error messages. */
        public String description() {
            return description;
        }

        /**
         * The value as it stands in a file, turned into the Java type.
         *
         * @throws IllegalArgumentException when it is of another type
         */
        public Object fromFile(Object value) {
            Object converted = switch (this) {
                case STRING -> value instanceof String ? value : null;
                case BOOL -> value instanceof Boolean ? value : null;
                case INT -> integer(value);
                case NUMBER -> value instanceof Number n ? (Object) n.doubleValue() : null;
                case DURATION -> duration(value);
                case STRINGS -> strings(value);
                case SWITCHES -> switches(value);
                case ANY -> value;
            };
            if (converted == null) {
                throw new IllegalArgumentException("want " + description + ", not '" + value + "'");
            }
            return converted;
        }

        /**
         * The text of a flag, turned into the Java type.
         *
         * @throws IllegalArgumentException when it does not spell such a value
         */
        public Object fromFlag(String text) {
            Object converted = switch (this) {
                case STRING, ANY -> text;
                case BOOL -> bool(text);
                case INT -> text.matches("[+-]?\\d{1,9}") ? (Object) Integer.valueOf(text) : null;
                case NUMBER -> text.matches("\\d+(\\.\\d+)?") ? (Object) Double.valueOf(text) : null;
                case DURATION -> GoDuration.parse(text).orElse(null);
                case STRINGS -> text.isEmpty() ? List.of() : List.of(text.split(",", -1));
                case SWITCHES -> switchesOf(text);
            };
            if (converted == null) {
                throw new IllegalArgumentException("want " + description + ", not '" + text + "'");
            }
            return converted;
        }

        private static @Nullable Object integer(Object value) {
            return value instanceof Integer || value instanceof Long l && l == l.intValue()
                    ? ((Number) value).intValue()
                    : null;
        }

        private static @Nullable Object duration(Object value) {
            return switch (value) {
                case String text -> GoDuration.parse(text).orElse(null);
                case Integer nanos -> Duration.ofNanos(nanos);
                case Long nanos -> Duration.ofNanos(nanos);
                default -> null;
            };
        }

        private static @Nullable Object strings(Object value) {
            if (!(value instanceof List<?> list)) {
                return null;
            }
            List<String> texts = new ArrayList<>();
            for (Object element : list) {
                if (!(element instanceof String text)) {
                    return null;
                }
                texts.add(text);
            }
            return List.copyOf(texts);
        }

        private static @Nullable Object switches(Object value) {
            if (!(value instanceof Map<?, ?> map)) {
                return null;
            }
            Map<String, Boolean> switches = new LinkedHashMap<>();
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                if (!(entry.getValue() instanceof Boolean on)) {
                    return null;
                }
                switches.put(String.valueOf(entry.getKey()), on);
            }
            return switches;
        }

        private static @Nullable Object switchesOf(String text) {
            Map<String, Boolean> switches = new LinkedHashMap<>();
            for (String part : text.split(",", -1)) {
                int equals = part.indexOf('=');
                if (part.isBlank()) {
                    continue;
                }
                Object on = equals < 0 ? null : bool(part.substring(equals + 1).trim());
                if (!(on instanceof Boolean value)) {
                    return null;
                }
                switches.put(part.substring(0, equals).trim(), value);
            }
            return switches;
        }

        private static @Nullable Object bool(String text) {
            boolean yes = List.of("true", "True", "TRUE", "t", "T", "1").contains(text);
            boolean no = List.of("false", "False", "FALSE", "f", "F", "0").contains(text);
            return yes || no ? (Object) yes : null;
        }
    }
}
