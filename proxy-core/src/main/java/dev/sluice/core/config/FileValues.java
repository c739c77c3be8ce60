// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.config;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Values as a configuration file has them; null stands for a value of another type. */
final class FileValues {
    private FileValues() {}

    static @Nullable Object read(ConfigField.Type type, Object value) {
        return switch (type) {
            case STRING, HOST_NAME -> value instanceof String ? value : null;
            case BOOL -> value instanceof Boolean ? value : null;
            case INT -> integer(value);
            case NUMBER -> value instanceof Number n && isFloat32(n.doubleValue()) ? (Object) n.doubleValue() : null;
            case DURATION -> value instanceof String text ? duration(text) : null;
            case DURATION_OR_NANOSECONDS -> durationOrNanoseconds(value);
            case QUANTITY ->
                value instanceof String || value instanceof Number ? FlagValues.read(type, value.toString()) : null;
            case IP, IP_PORT -> value instanceof String text ? FlagValues.read(type, text) : null;
            case STRINGS -> strings(value);
            case SWITCHES -> switches(value);
            case VMODULE -> vmodule(value);
        };
    }

    static boolean isFloat32(double number) {
        return Math.abs(number) <= Float.MAX_VALUE;
    }

    private static @Nullable Object integer(Object value) {
        return value instanceof Integer || value instanceof Long l && l == l.intValue()
                ? ((Number) value).intValue()
                : null;
    }

    private static @Nullable Object duration(String text) {
        return GoDuration.parse(text).orElse(null);
    }

    private static @Nullable Object durationOrNanoseconds(Object value) {
        return switch (value) {
            case String text -> duration(text);
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

    private static @Nullable Object vmodule(Object value) {
        if (!(value instanceof List<?> list)) {
            return null;
        }
        List<VmoduleRule> rules = new ArrayList<>();
        for (Object element : list) {
            if (!(element instanceof Map<?, ?> rule) || !(rule.get("filePattern") instanceof String pattern)) {
                return null;
            }
            Object level = rule.get("verbosity") == null ? (Object) 0 : rule.get("verbosity");
            boolean isPattern = !pattern.isEmpty() && pattern.indexOf('=') < 0 && pattern.indexOf(',') < 0;
            if (!isPattern || !(level instanceof Integer verbosity) || verbosity < 0) {
                return null;
            }
            rules.add(new VmoduleRule(pattern, verbosity));
        }
        return List.copyOf(rules);
    }
}
