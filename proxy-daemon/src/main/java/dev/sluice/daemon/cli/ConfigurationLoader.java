// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.cli;

import dev.sluice.core.config.ConfigField;
import dev.sluice.core.config.ConfigSchema;
import dev.sluice.core.config.ConfigValues;
import dev.sluice.core.mode.ProxyModule;
import dev.sluice.daemon.config.ConfigException;
import dev.sluice.daemon.config.ConfigFile;
import dev.sluice.daemon.config.EffectiveConfig;
import dev.sluice.daemon.config.Settings;
import dev.sluice.daemon.config.SettingsReader;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Reads the configuration that a command line asks for: its flags, its file, and what they mean together. */
public final class ConfigurationLoader {
    private final ConfigSchema schema;
    private final List<ProxyModule> modules;

    /** @param modules of every mode */
    public ConfigurationLoader(ConfigSchema schema, List<ProxyModule> modules) {
        this.schema = schema;
        this.modules = List.copyOf(modules);
    }

    /**
     * A valid configuration.
     *
     * @param effective the same as a file
     * @param warnings for the log
     */
    public record Loaded(Settings settings, EffectiveConfig effective, List<String> warnings) {}

    /** @throws ConfigException with everything that is wrong, in the flags, in the file and with their values */
    public Loaded load(Invocation call) throws ConfigException {
        List<String> errors = new ArrayList<>(call.errors());
        List<String> warnings = new ArrayList<>(call.warnings());
        ConfigValues values = call.values();
        boolean readable = true;
        if (call.configFile().isPresent()) {
            ConfigFile file = ConfigFile.open(call.configFile().get(), schema);
            errors.addAll(file.errors());
            warnings.addAll(file.warnings());
            readable = file.isReadable();
            values = file.values().besides(values);
        }
        try {
            Settings settings = SettingsReader.read(values, call.overrides(), modules);
            if (errors.isEmpty()) {
                warnings.addAll(settings.warnings());
                warnings.addAll(settings.featureGates().warnings());
                warnings.addAll(withoutEffect(call, values));
                return new Loaded(settings, EffectiveConfig.of(values, settings), List.copyOf(warnings));
            }
        } catch (ConfigException e) {
            // what a file that cannot be read would have set is unknown
            errors.addAll(readable ? e.reasons() : List.of());
        }
        throw new ConfigException(errors);
    }

    /** One line for everything that was given and that Sluice does not act on. */
    private static List<String> withoutEffect(Invocation call, ConfigValues values) {
        List<String> names = Stream.concat(
                        call.withoutEffect().stream(),
                        values.schema().fields().stream()
                                .filter(field -> isIdle(field) && isSet(field, values))
                                .map(field -> name(field, values)))
                .toList();
        return names.isEmpty() ? List.of() : List.of("accepted, without effect here: " + String.join(", ", names));
    }

    private static boolean isIdle(ConfigField field) {
        return field.support() == ConfigField.Support.IRRELEVANT || field.support() == ConfigField.Support.NOT_YET;
    }

    private static boolean isSet(ConfigField field, ConfigValues values) {
        return !values.value(field.path()).equals(field.fallback());
    }

    private static String name(ConfigField field, ConfigValues values) {
        String origin = values.origin(field.path());
        return origin.startsWith("-") ? origin : field.path();
    }
}
