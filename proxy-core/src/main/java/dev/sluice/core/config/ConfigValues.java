// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.config;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The values of the fields that were given, by flags or by a file; the others have their defaults. */
public final class ConfigValues {
    private final ConfigSchema schema;
    private final Map<String, Object> given = new LinkedHashMap<>();

    public ConfigValues(ConfigSchema schema) {
        this.schema = schema;
    }

    /** The fields that there are. */
    public ConfigSchema schema() {
        return schema;
    }

    /** These and those values of {@code flags} that count beside a configuration file. */
    public ConfigValues besides(ConfigValues flags) {
        ConfigValues both = new ConfigValues(schema);
        both.given.putAll(given);
        flags.given.forEach((path, value) -> {
            if (schema.field(path).orElseThrow().support() == ConfigField.Support.FLAG_ONLY) {
                both.given.put(path, value);
            }
        });
        return both;
    }

    /** Sets a field to a value of its Java type. */
    public void set(String path, Object value) {
        if (schema.field(path).isEmpty()) {
            throw new IllegalArgumentException("no field " + path);
        }
        given.put(path, value);
    }

    public boolean isGiven(String path) {
        return given.containsKey(path);
    }

    public String string(String path) {
        return (String) value(path);
    }

    public boolean bool(String path) {
        return (Boolean) value(path);
    }

    public int integer(String path) {
        return (Integer) value(path);
    }

    public Duration duration(String path) {
        return (Duration) value(path);
    }

    /** A list field. */
    public List<String> strings(String path) {
        return ((List<?>) value(path)).stream().map(String.class::cast).toList();
    }

    /** A field of names that are switched on or off. */
    public Map<String, Boolean> switches(String path) {
        Map<String, Boolean> switches = new LinkedHashMap<>();
        ((Map<?, ?>) value(path)).forEach((name, on) -> switches.put((String) name, (Boolean) on));
        return switches;
    }

    /** The given value, else the default. */
    public Object value(String path) {
        Object value = given.get(path);
        return value != null ? value : schema.field(path).orElseThrow().fallback();
    }
}
