// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.config;

import dev.sluice.core.net.Cidr;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Reads values of the configuration and collects every reason why one is invalid; what is read after a reason has no
 * effect.
 */
public final class ConfigReader {
    private final ConfigValues values;
    private final Set<String> reasons = new LinkedHashSet<>();

    public ConfigReader(ConfigValues values) {
        this.values = values;
    }

    /** Reads the defaults of what {@code flags} set. */
    public static ConfigReader ofDefaults(List<ConfigFlag> flags) {
        return new ConfigReader(new ConfigValues(new ConfigSchema().with(List.of(), flags)));
    }

    /** Adds a reason, which names the field or flag and what to write instead; a repeated one counts once. */
    public void invalid(String reason) {
        reasons.add(reason);
    }

    /** Adds a reason for a field; the flag, or the file with line and path, is put in front. */
    public void invalid(ConfigField field, String reason) {
        invalid(values.origin(field.path()) + ": " + reason);
    }

    /** Why the configuration cannot be used; none when it can. */
    public List<String> reasons() {
        return List.copyOf(reasons);
    }

    public ConfigValues values() {
        return values;
    }

    /** The text, or what an empty one stands for. */
    public String string(ConfigField field) {
        String text = values.string(field.path());
        return text.isEmpty() ? field.emptyMeans() : text;
    }

    public boolean bool(ConfigField field) {
        return values.bool(field.path());
    }

    /** A whole number from {@code least} to {@code most}. */
    public int range(ConfigField field, int least, int most) {
        int value = values.integer(field.path());
        if (value < least || value > most) {
            invalid(field, "must be from " + least + " to " + most + ", not " + value);
            return least;
        }
        return value;
    }

    public Duration duration(ConfigField field) {
        return values.duration(field.path());
    }

    /** A duration of zero or more. */
    public Duration notNegative(ConfigField field) {
        Duration duration = duration(field);
        if (duration.isNegative()) {
            invalid(field, "must not be negative, not " + GoDuration.format(duration));
        }
        return duration;
    }

    /** A list of address ranges. */
    public List<Cidr> cidrs(ConfigField field) {
        return cidrs(field, values.strings(field.path()));
    }

    /** Those address ranges of {@code texts} that are valid; {@code field} is where they stand. */
    public List<Cidr> cidrs(ConfigField field, List<String> texts) {
        List<Cidr> cidrs = new ArrayList<>();
        for (String text : texts) {
            Cidr.parse(text)
                    .ifPresentOrElse(
                            cidrs::add,
                            () -> invalid(field, "'" + text + "' is no CIDR such as 10.0.0.0/8 or fd00::/64"));
        }
        return cidrs;
    }
}
