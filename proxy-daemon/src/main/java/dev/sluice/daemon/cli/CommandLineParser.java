// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.cli;

import dev.sluice.core.config.ConfigField;
import dev.sluice.core.config.ConfigFlag;
import dev.sluice.core.config.ConfigSchema;
import dev.sluice.core.config.ConfigValues;
import dev.sluice.daemon.cli.Invocation.Action;
import dev.sluice.daemon.cli.Invocation.HandBack;
import dev.sluice.daemon.config.ConfigException;
import dev.sluice.daemon.config.SettingsReader.Overrides;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A parser of the command line: kube-proxy's flags, and Sluice's own. Underscores in flag names mean hyphens. */
public final class CommandLineParser {
    /** Flags of kube-proxy that are accepted and have no effect here. */
    static final List<String> WITHOUT_EFFECT = List.of("machine-id-file", "boot-id-file");

    private final ConfigSchema schema;
    private final List<Flag> flags;
    private final Set<String> switches;

    /** @param schema the fields that flags set */
    public CommandLineParser(ConfigSchema schema) {
        this.schema = schema;
        flags = flags(schema);
        switches = flags.stream()
                .filter(Flag::isSwitch)
                .flatMap(flag -> flag.names().stream())
                .collect(Collectors.toUnmodifiableSet());
    }

    /**
     * Reads {@code args}.
     *
     * @throws ConfigException when a flag is unknown or its value is of the wrong type
     */
    public Invocation parse(String... args) throws ConfigException {
        Invocation call = read(args);
        call.requireValid();
        return call;
    }

    /** Reads {@code args} as far as they can be read; {@link Invocation#errors} has the rest. */
    public Invocation read(String... args) {
        List<String> normalized = List.of(normalize(args));
        GivenFlags given = GivenFlags.plain(normalized, this.flags)
                .orElseGet(() -> new PicocliCommand(this.flags).parse(normalized));
        ParsedFlags flags = new ParsedFlags(given, schema, flagNames());
        flags.readUnmatched();
        ConfigValues values = flags.values();
        Action action = action(flags);
        boolean asFlagsSay = flags.text("config").isEmpty() && action != Action.WRITE_CONFIG;
        if (asFlagsSay) {
            flags.deprecatedPort("metrics-port", "metricsBindAddress", values);
            flags.deprecatedPort("healthz-port", "healthzBindAddress", values);
        }
        Overrides overrides = new Overrides(
                flags.text("master"),
                flags.path("manifests"),
                flags.path("state-dir"),
                asFlagsSay && flags.isZero("healthz-port"));
        if (overrides.manifests().isPresent() && overrides.stateDir().isPresent()) {
            flags.warn("flag --state-dir has no effect beside --manifests");
        }
        boolean takeOver = flags.isOn("take-over");
        HandBack handBack = handBack(flags, action);
        flags.warnOfIgnored();
        return new Invocation(
                action,
                flags.path("config"),
                flags.path("write-config-to"),
                takeOver,
                handBack,
                values,
                overrides,
                WITHOUT_EFFECT.stream()
                        .filter(flags::has)
                        .map(name -> "--" + name)
                        .toList(),
                texts(flags),
                flags.warnings(),
                flags.errors());
    }

    private static HandBack handBack(ParsedFlags flags, Action action) {
        boolean waits = flags.isOn("wait-for-kube-proxy");
        boolean stays = flags.isOn("stay");
        if (waits && action != Action.CLEAN_UP) {
            flags.warn("flag --wait-for-kube-proxy has no effect without --cleanup");
        }
        if (stays && !waits) {
            flags.warn("flag --stay has no effect without --wait-for-kube-proxy");
        }
        return !waits ? HandBack.NONE : stays ? HandBack.AND_STAY : HandBack.AND_END;
    }

    private Map<String, String> texts(ParsedFlags flags) {
        Map<String, String> texts = new TreeMap<>();
        for (Flag flag : this.flags) {
            texts.put(flag.name().substring(2), flag.isSwitch() ? "false" : "");
        }
        schema.flags().forEach(flag -> texts.put(flag.name(), flag.defaultText()));
        texts.replaceAll((name, text) -> flags.has(name) ? flags.text(name) : text);
        return texts;
    }

    /** Every flag, with its hyphens: {@code --config}. */
    List<String> flagNames() {
        return flags.stream().map(Flag::name).toList();
    }

    /** The text of {@code --help}. */
    public String usage() {
        return new PicocliCommand(flags).usage();
    }

    private static Action action(ParsedFlags flags) {
        boolean inFull = flags.text("version").equals("raw");
        boolean version = inFull || flags.isOn("version");
        boolean help = flags.isOn("help");
        boolean cleanUp = flags.isOn("cleanup");
        boolean initOnly = flags.isOn("init-only");
        if (version) {
            return inFull ? Action.VERSION_IN_FULL : Action.VERSION;
        }
        if (help) {
            return Action.HELP;
        }
        if (!flags.text("write-config-to").isEmpty()) {
            return Action.WRITE_CONFIG;
        }
        if (cleanUp) {
            return Action.CLEAN_UP;
        }
        return initOnly ? Action.INIT_ONLY : Action.RUN;
    }

    /** Hyphens for underscores in names; a value for a switch that has none, since what follows it is not its value. */
    private String[] normalize(String[] args) {
        String[] normalized = args.clone();
        for (int i = 0; i < args.length && !args[i].equals("--"); i++) {
            if (!args[i].startsWith("-")) {
                continue;
            }
            int equals = args[i].indexOf('=');
            String name = (equals < 0 ? args[i] : args[i].substring(0, equals)).replace('_', '-');
            String value = equals < 0 ? (switches.contains(name) ? "=true" : "") : args[i].substring(equals);
            normalized[i] = name + value;
        }
        return normalized;
    }

    private static List<Flag> flags(ConfigSchema schema) {
        List<Flag> flags = new ArrayList<>();
        flags.add(text("config", "A KubeProxyConfiguration file; most flags have no effect beside it."));
        flags.add(text(
                "manifests",
                "Takes Services, EndpointSlices and the Node from the YAML and JSON files of"
                        + " this directory instead of an API server, and follows their changes."));
        flags.add(text(
                "state-dir",
                "Keeps what the API server said last in a file in this directory, and carries traffic by it after a"
                        + " start without the API server."));
        flags.add(text("master", "URL of the API server, overriding the kubeconfig's."));
        flags.add(text("metrics-port", "Deprecated: the port of the metrics server."));
        flags.add(text("healthz-port", "Deprecated: the port of the health server, 0 switches it off."));
        flags.add(bool("cleanup", "Removes everything that any mode has left on the node, and exits."));
        flags.add(bool(
                "init-only", "Sets the kernel parameters that the mode needs, which takes more rights, and exits."));
        flags.add(bool(
                "take-over",
                "Goes on beside a running kube-proxy, and removes its rules where the mode differs; without it, waits"
                        + " for its end."));
        flags.add(bool(
                "wait-for-kube-proxy",
                "With --cleanup: hands the node back to kube-proxy. Waits until a kube-proxy's rules are in force, and"
                        + " then removes only what its mode does not use."));
        flags.add(bool(
                "stay",
                "With --wait-for-kube-proxy: does not exit when the node is handed back, but when it is stopped."));
        flags.add(text("write-config-to", "Writes the configuration in effect to this file, and exits."));
        flags.add(bool("version", "Prints the version, and exits; 'raw' prints all of it."));
        flags.add(bool("help", "Prints this, and exits.", "-h"));
        WITHOUT_EFFECT.forEach(name -> flags.add(text(name, "No effect.")));
        for (ConfigFlag flag : schema.flags()) {
            String[] shortName = flag.name().length() == 1 ? new String[] {"-" + flag.name()} : new String[0];
            flags.add(
                    flag.field().type() == ConfigField.Type.BOOL
                            ? bool(flag.name(), flag.help(), shortName)
                            : text(flag.name(), flag.help(), shortName));
        }
        return List.copyOf(flags);
    }

    private static Flag text(String name, String help, String... more) {
        return flag(false, name, help, more);
    }

    private static Flag bool(String name, String help, String... more) {
        return flag(true, name, help, more);
    }

    private static Flag flag(boolean isSwitch, String name, String help, String... more) {
        return new Flag(Stream.concat(Stream.of("--" + name), Stream.of(more)).toList(), isSwitch, help);
    }
}
