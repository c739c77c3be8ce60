// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.config;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The fields of the configuration, and the flags that set them. */
public final class ConfigSchema {
    private final Map<String, ConfigField> fields = new LinkedHashMap<>();
    private final Map<String, ConfigFlag> flags = new LinkedHashMap<>();

    /** These and more fields, and flags with the fields that they set; what is there already must be the same. */
    public ConfigSchema with(List<ConfigField> moreFields, List<ConfigFlag> moreFlags) {
        ConfigSchema sum = new ConfigSchema();
        sum.fields.putAll(fields);
        sum.flags.putAll(flags);
        moreFields.forEach(field -> put(sum.fields, field.path(), field));
        moreFlags.forEach(flag -> {
            put(sum.fields, flag.field().path(), flag.field());
            put(sum.flags, flag.name(), flag);
        });
        return sum;
    }

    private static <T> void put(Map<String, T> map, String key, T value) {
        T present = map.putIfAbsent(key, value);
        if (present != null && !present.equals(value)) {
            throw new IllegalArgumentException(key + " is defined twice: " + present + " and " + value);
        }
    }

    public Optional<ConfigField> field(String path) {
        return Optional.ofNullable(fields.get(path));
    }

    public Collection<ConfigField> fields() {
        return List.copyOf(fields.values());
    }

    public Collection<ConfigFlag> flags() {
        return new ArrayList<>(flags.values());
    }

    /** Whether {@code path} is a section such as {@code conntrack}, which has fields of its own. */
    public boolean isSection(String path) {
        return fields.keySet().stream().anyMatch(field -> field.startsWith(path + "."));
    }
}
