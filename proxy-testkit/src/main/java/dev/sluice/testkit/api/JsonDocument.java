// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.api;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** JSON objects as maps. JSON is YAML, so YAML is read too. */
public final class JsonDocument {
    private JsonDocument() {}

    public static Map<String, Object> parse(String text) {
        Object parsed = new Load(LoadSettings.builder().build()).loadFromString(text);
        return object(parsed);
    }

    /** A copy of a map with string keys; empty when it is no map. */
    public static Map<String, Object> object(@Nullable Object value) {
        Map<String, Object> copy = new LinkedHashMap<>();
        if (value instanceof Map<?, ?> map) {
            map.forEach((key, each) -> copy.put(String.valueOf(key), each));
        }
        return copy;
    }

    /** The elements of a list that are maps; empty when it is no list. */
    public static List<Map<String, Object>> objects(@Nullable Object value) {
        return value instanceof List<?> list
                ? list.stream()
                        .filter(Map.class::isInstance)
                        .map(JsonDocument::object)
                        .toList()
                : List.of();
    }

    /** Changes {@code target} by a merge patch (RFC 7396). */
    static Map<String, Object> merged(Map<String, Object> target, Map<String, Object> patch) {
        Map<String, Object> result = new LinkedHashMap<>(target);
        patch.forEach((key, value) -> {
            if (value instanceof Map<?, ?>) {
                result.put(key, merged(object(result.get(key)), object(value)));
            } else {
                result.put(key, value);
            }
        });
        return result;
    }

    public static String write(@Nullable Object value) {
        return switch (value) {
            case null -> "null";
            case Map<?, ?> map ->
                map.entrySet().stream()
                        .map(entry -> quoted(String.valueOf(entry.getKey())) + ": " + write(entry.getValue()))
                        .collect(Collectors.joining(", ", "{", "}"));
            case List<?> list -> list.stream().map(JsonDocument::write).collect(Collectors.joining(", ", "[", "]"));
            case Number number -> number.toString();
            case Boolean flag -> flag.toString();
            default -> quoted(value.toString());
        };
    }

    private static String quoted(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        text.chars().forEach(c -> {
            switch (c) {
                case '"', '\\' -> quoted.append('\\').append((char) c);
                default -> {
                    if (c < 0x20) {
                        quoted.append("\\u%04x".formatted(c));
                    } else {
                        quoted.append((char) c);
                    }
                }
            }
        });
        return quoted.append('"').toString();
    }
}
