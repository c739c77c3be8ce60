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
    private final Map<String, Given> given = new LinkedHashMap<>();

    /** A value, and where it stands, for messages. */
    private record Given(Object value, String origin) {}

    public ConfigValues(ConfigSchema schema) {
        this.schema = schema;
    }

    /** The fields that there are. */
    public ConfigSchema schema() {
        return schema;
    }

    /** These, and those values of {@code flags} that count beside a configuration file. */
    public ConfigValues besides(ConfigValues flags) {
        ConfigValues both = new ConfigValues(schema);
        both.given.putAll(given);
        for (ConfigFlag flag : schema.flags()) {
            Given value = flags.given.get(flag.field().path());
            if (flag.countsBesideFile() && value != null) {
                both.add(flag.field(), value);
            }
        }
        return both;
    }

    /** Sets a field to a value of its Java type; the path names it in messages. */
    public void set(String path, Object value) {
        set(path, value, path);
    }

    /** @param origin names the value in messages: the flag, or the file with line and path */
    public void set(String path, Object value, String origin) {
        if (schema.field(path).isEmpty()) {
            throw new IllegalArgumentException("no field " + path);
        }
        given.put(path, new Given(value, origin));
    }

    /** Sets a field, or adds to the list that it has. */
    public void add(ConfigField field, Object value, String origin) {
        add(field, new Given(value, origin));
    }

    private void add(ConfigField field, Given value) {
        given.merge(
                field.path(),
                value,
                (earlier, later) -> new Given(field.type().merge(earlier.value(), later.value()), later.origin()));
    }

    /** Gives {@code field}, unless it has a value, the one that a flag has given to {@code other}. */
    public void follow(ConfigField field, ConfigField other) {
        Given value = given.get(other.path());
        if (value != null && value.origin().startsWith("--")) {
            given.putIfAbsent(field.path(), value);
        }
    }

    public boolean isGiven(String path) {
        return given.containsKey(path);
    }

    /** What names the value in messages: where it was given, else the path. */
    public String origin(String path) {
        Given value = given.get(path);
        return value == null ? path : value.origin();
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

    /** A field of rules as of {@code --vmodule}. */
    public List<VmoduleRule> vmodule(String path) {
        return ((List<?>) value(path)).stream().map(VmoduleRule.class::cast).toList();
    }

    /** A field of names that are switched on or off. */
    public Map<String, Boolean> switches(String path) {
        Map<String, Boolean> switches = new LinkedHashMap<>();
        ((Map<?, ?>) value(path)).forEach((name, on) -> switches.put((String) name, (Boolean) on));
        return switches;
    }

    /** The given value, else the default. */
    public Object value(String path) {
        Given value = given.get(path);
        return value != null ? value.value() : schema.field(path).orElseThrow().fallback();
    }
}
