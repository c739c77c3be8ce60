// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.config;

import java.time.Duration;
import java.util.Collection;
import java.util.Map;

/**
 * A flag of the command line that sets a field of the configuration.
 *
 * @param name without hyphens in front
 * @param fallback the default when there is no configuration file
 * @param description for {@code --help}, with a full stop and without the default
 * @param countsBesideFile whether it counts beside a configuration file too
 */
public record ConfigFlag(
        String name, ConfigField field, Object fallback, String description, boolean countsBesideFile) {

    /** A flag with the field's default. */
    public static ConfigFlag of(String name, ConfigField field, String description) {
        boolean flagOnly = field.support() == ConfigField.Support.FLAG_ONLY;
        return new ConfigFlag(name, field, field.fallback(), description, flagOnly);
    }

    /** The same with another default where there is no configuration file. */
    public ConfigFlag withFallback(Object other) {
        return new ConfigFlag(name, field, other, description, countsBesideFile);
    }

    /** The same, counting beside a configuration file: over its value, or added to its list. */
    public ConfigFlag besideFile() {
        return new ConfigFlag(name, field, fallback, description, true);
    }

    /** How the default is written in a flag; empty where the default is that there is no value. */
    public String defaultText() {
        return switch (fallback) {
            case String text when text.isEmpty() -> field.emptyMeans();
            case Duration duration -> GoDuration.format(duration);
            case Collection<?> list when list.isEmpty() -> "";
            case Map<?, ?> map when map.isEmpty() -> "";
            default -> fallback.toString();
        };
    }

    /** What the flag does, and its default, for {@code --help}. */
    public String help() {
        String text = defaultText();
        boolean acts =
                field.support() == ConfigField.Support.HONOURED || field.support() == ConfigField.Support.FLAG_ONLY;
        return acts && !text.isEmpty() && !fallback.equals(false)
                ? description.substring(0, description.length() - 1) + " (default " + text + ")."
                : description;
    }
}
