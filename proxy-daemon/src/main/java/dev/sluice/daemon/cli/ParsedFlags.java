// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.cli;

import dev.sluice.core.config.ConfigField;
import dev.sluice.core.config.ConfigFlag;
import dev.sluice.core.config.ConfigSchema;
import dev.sluice.core.config.ConfigValues;
import dev.sluice.core.config.Suggestion;
import dev.sluice.core.net.IpAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** The flags of a command line; collects everything that is wrong with them. */
final class ParsedFlags {
    private static final String HELP = "'sluice --help' lists the flags";

    private final GivenFlags given;
    private final ConfigSchema schema;
    private final List<String> names;
    private final List<String> warnings = new ArrayList<>();
    private final Set<String> errors = new LinkedHashSet<>();

    /** @param names every flag that there is, with its hyphens */
    ParsedFlags(GivenFlags given, ConfigSchema schema, List<String> names) {
        this.given = given;
        this.schema = schema;
        this.names = List.copyOf(names);
    }

    void warn(String warning) {
        warnings.add(warning);
    }

    List<String> warnings() {
        return List.copyOf(warnings);
    }

    /** Each names its flag. */
    List<String> errors() {
        return List.copyOf(errors);
    }

    boolean has(String name) {
        return given.values().containsKey("--" + name);
    }

    /** The value that counts, that of the last occurrence; empty when the flag is not given. */
    String text(String name) {
        List<String> texts = texts(name);
        return texts.isEmpty() ? "" : texts.getLast();
    }

    Optional<Path> path(String name) {
        String text = text(name);
        return text.isEmpty() ? Optional.empty() : Optional.of(Path.of(text));
    }

    boolean isOn(String name) {
        try {
            return has(name) && ConfigField.Type.BOOL.fromFlag(text(name)).equals(true);
        } catch (IllegalArgumentException e) {
            errors.add("--" + name + ": " + e.getMessage());
            return false;
        }
    }

    boolean isZero(String name) {
        return has(name) && text(name).matches("[+-]?0+");
    }

    private List<String> texts(String name) {
        return given.values().getOrDefault("--" + name, List.of());
    }

    /** Flags that do not exist or lack their value, and arguments, of which there are none. */
    void readUnmatched() {
        given.errors().forEach(error -> errors.add(error + "; " + HELP));
        boolean valueOfUnknown = false;
        for (String argument : given.unmatched()) {
            if (argument.startsWith("-")) {
                String flag = argument.replaceFirst("=.*", "");
                boolean oneHyphen = !flag.startsWith("--");
                errors.add("unknown flag " + flag + Suggestion.question(oneHyphen ? "-" + flag : flag, names) + "; "
                        + HELP);
            } else if (!valueOfUnknown) {
                errors.add("unexpected argument '" + argument + "'; the value of a flag that is true or false is"
                        + " joined by =, as in --masquerade-all=false; " + HELP);
            }
            valueOfUnknown = argument.startsWith("-") && argument.indexOf('=') < 0;
        }
    }

    /** The fields that flags set, with kube-proxy's defaults for a run without a file. */
    ConfigValues values() {
        ConfigValues values = new ConfigValues(schema);
        for (ConfigFlag flag : schema.flags()) {
            ConfigField field = flag.field();
            if (!has(flag.name()) && !flag.fallback().equals(field.fallback())) {
                values.set(field.path(), flag.fallback());
            }
            for (String text : texts(flag.name())) {
                read(flag, text, values);
            }
        }
        return values;
    }

    private void read(ConfigFlag flag, String text, ConfigValues values) {
        String name = flag.name().length() == 1 ? "-" + flag.name() : "--" + flag.name();
        try {
            Object value = flag.field().type().fromFlag(text);
            if (!meansDefault(flag.field(), value)) {
                values.add(flag.field(), value, name);
            }
        } catch (IllegalArgumentException e) {
            errors.add(name + ": " + e.getMessage());
        }
    }

    /** An empty text of a field that has a default; of others, kube-proxy distinguishes it from no value. */
    private static boolean meansDefault(ConfigField field, Object value) {
        boolean isText = field.type() == ConfigField.Type.STRING;
        return value.equals("") && !(isText && field.fallback().equals(""));
    }

    /** A port that kube-proxy appends to an address without one. */
    void deprecatedPort(String flag, String path, ConfigValues values) {
        if (!has(flag)) {
            return;
        }
        String place = "--" + flag;
        warnings.add("flag " + place + " is deprecated: use the bind address flag with IP:PORT");
        if (!isPort(text(flag))) {
            errors.add(place + ": want a port from 0 to 65535, not '" + text(flag) + "'");
            return;
        }
        boolean health = flag.equals("healthz-port");
        if (isZero(flag) && !health) {
            errors.add(place + ": 0 would leave " + path + " empty, which kube-proxy refuses too; leave the flag out");
        }
        Optional<IpAddress> bare = IpAddress.parse(values.string(path));
        if (bare.isPresent() && !isZero(flag)) {
            values.set(path, bare.get().withPort(Integer.parseInt(text(flag))), place);
        } else if (!isZero(flag)) {
            warnings.add("flag " + place + " has no effect, as in kube-proxy, where the address has a port: "
                    + values.string(path));
        }
    }

    private static boolean isPort(String text) {
        return text.matches("\\d{1,5}") && Integer.parseInt(text) <= 65535;
    }

    /** Warns of flags that count without a file only, where there is one. */
    void warnOfIgnored() {
        if (text("config").isEmpty()) {
            return;
        }
        List<String> ignored = Stream.concat(
                        schema.flags().stream()
                                .filter(flag -> has(flag.name()) && !flag.countsBesideFile())
                                .map(flag ->
                                        "--" + flag.name() + " (" + flag.field().path() + ")"),
                        Stream.of("metrics-port", "healthz-port")
                                .filter(this::has)
                                .map(name -> "--" + name))
                .toList();
        if (!ignored.isEmpty()) {
            warnings.add("beside --config these flags have no effect, as in kube-proxy: " + String.join(", ", ignored)
                    + "; set the file's fields instead, which stand in brackets");
        }
    }
}
