// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.cli;

import dev.sluice.core.config.ConfigField;
import dev.sluice.core.config.ConfigFlag;
import dev.sluice.core.config.ConfigSchema;
import dev.sluice.core.config.ConfigValues;
import dev.sluice.core.net.IpAddress;
import dev.sluice.daemon.cli.Invocation.Action;
import dev.sluice.daemon.config.ConfigException;
import dev.sluice.daemon.config.SettingsReader.Overrides;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** A parser of the command line: kube-proxy's flags, and Sluice's own. Underscores in flag names mean hyphens. */
public final class CommandLineParser {
    /** Flags of kube-proxy that are accepted and have no effect here. */
    private static final List<String> WITHOUT_EFFECT = List.of(
            "log-text-split-stream",
            "log-json-split-stream",
            "log-text-info-buffer-size",
            "log-json-info-buffer-size",
            "machine-id-file",
            "boot-id-file");

    private final ConfigSchema schema;
    private final CommandLine commandLine;

    /** @param schema the fields that flags set */
    public CommandLineParser(ConfigSchema schema) {
        this.schema = schema;
        commandLine = new CommandLine(spec(schema));
    }

    /**
     * Reads {@code args}.
     *
     * @throws ConfigException when a flag is unknown or its value is of the wrong type
     */
    public Invocation parse(String... args) throws ConfigException {
        ParseResult result;
        try {
            result = commandLine.parseArgs(normalize(args));
        } catch (ParameterException e) {
            throw new ConfigException(List.of(e.getMessage() + "; 'sluice --help' lists the flags"));
        }
        List<String> errors = new ArrayList<>();
        List<String> warnings = new ArrayList<>();
        ConfigValues values = values(result, errors, warnings);
        for (String name : WITHOUT_EFFECT) {
            if (result.hasMatchedOption("--" + name)) {
                warnings.add("flag --" + name + " has no effect");
            }
        }
        deprecatedPort(result, "metrics-port", "metricsBindAddress", values, errors, warnings);
        deprecatedPort(result, "healthz-port", "healthzBindAddress", values, errors, warnings);
        boolean healthzOff = "0".equals(text(result, "healthz-port"))
                && text(result, "config").isEmpty();
        Overrides overrides = new Overrides(
                result.hasMatchedOption("--hostname-override")
                        ? Optional.of(text(result, "hostname-override"))
                        : Optional.empty(),
                verbosity(result, errors),
                text(result, "master"),
                path(result, "manifests"),
                healthzOff);
        Action action = action(result, errors);
        boolean takeOver = isOn(result, "take-over", errors);
        if (!errors.isEmpty()) {
            throw new ConfigException(errors);
        }
        return new Invocation(
                action, path(result, "config"), path(result, "write-config-to"), takeOver, values, overrides, warnings);
    }

    /** Every flag, with its hyphens: {@code --config}. */
    List<String> flagNames() {
        return commandLine.getCommandSpec().options().stream()
                .map(OptionSpec::longestName)
                .toList();
    }

    /** The text of {@code --help}. */
    public String usage() {
        StringWriter text = new StringWriter();
        commandLine.usage(new PrintWriter(text, true));
        return text.toString();
    }

    private ConfigValues values(ParseResult result, List<String> errors, List<String> warnings) {
        ConfigValues values = new ConfigValues(schema);
        for (ConfigFlag flag : schema.flags()) {
            ConfigField field = flag.field();
            if (!flag.fallback().equals(field.fallback())) {
                values.set(field.path(), flag.fallback());
            }
            if (!result.hasMatchedOption("--" + flag.name())) {
                continue;
            }
            String text = text(result, flag.name());
            try {
                Object value = field.type().fromFlag(text);
                boolean emptyMeansDefault = text.isEmpty() && field.type() == ConfigField.Type.STRING;
                if (!emptyMeansDefault) {
                    values.set(field.path(), value);
                }
                if (field.support() == ConfigField.Support.NOT_YET && !value.equals(field.fallback())) {
                    warnings.add("flag --" + flag.name() + " is not supported yet and has no effect");
                }
            } catch (IllegalArgumentException e) {
                errors.add("--" + flag.name() + ": " + e.getMessage());
            }
        }
        return values;
    }

    private static void deprecatedPort(
            ParseResult result,
            String flag,
            String path,
            ConfigValues values,
            List<String> errors,
            List<String> warnings) {
        if (!result.hasMatchedOption("--" + flag)) {
            return;
        }
        warnings.add("flag --" + flag + " is deprecated: use the bind address flag with IP:PORT");
        String port = text(result, flag);
        if (!port.matches("\\d{1,5}")) {
            errors.add("--" + flag + ": want a port from 0 to 65535, not '" + port + "'");
            return;
        }
        boolean off = port.equals("0") && flag.equals("healthz-port");
        String address = values.string(path);
        Optional<IpAddress> bare = IpAddress.parse(address);
        if (bare.isPresent()) {
            values.set(path, bare.get().withPort(Integer.parseInt(port)));
        } else if (!values.isGiven(path) && !off) {
            values.set(path, address.substring(0, address.lastIndexOf(':') + 1) + port);
        }
    }

    private static Optional<Integer> verbosity(ParseResult result, List<String> errors) {
        String text = text(result, "v");
        if (text.isEmpty()) {
            return Optional.empty();
        }
        if (!text.matches("\\d{1,9}")) {
            errors.add("-v: want a whole number, not '" + text + "'");
            return Optional.empty();
        }
        return Optional.of(Integer.valueOf(text));
    }

    private static Action action(ParseResult result, List<String> errors) {
        if (result.hasMatchedOption("--version")) {
            return Action.VERSION;
        }
        if (result.hasMatchedOption("--help")) {
            return Action.HELP;
        }
        if (!text(result, "write-config-to").isEmpty()) {
            return Action.WRITE_CONFIG;
        }
        if (isOn(result, "cleanup", errors)) {
            return Action.CLEAN_UP;
        }
        return isOn(result, "init-only", errors) ? Action.INIT_ONLY : Action.RUN;
    }

    private static boolean isOn(ParseResult result, String name, List<String> errors) {
        try {
            return result.hasMatchedOption("--" + name)
                    && ConfigField.Type.BOOL.fromFlag(text(result, name)).equals(true);
        } catch (IllegalArgumentException e) {
            errors.add("--" + name + ": " + e.getMessage());
            return false;
        }
    }

    private static Optional<Path> path(ParseResult result, String name) {
        String text = text(result, name);
        return text.isEmpty() ? Optional.empty() : Optional.of(Path.of(text));
    }

    private static String text(ParseResult result, String name) {
        // of a repeated flag the last value counts
        String[] values = result.matchedOptionValue("--" + name, new String[0]);
        return values.length == 0 ? "" : values[values.length - 1];
    }

    private static String[] normalize(String[] args) {
        String[] normalized = args.clone();
        for (int i = 0; i < args.length; i++) {
            if (!args[i].startsWith("--")) {
                continue;
            }
            int equals = args[i].indexOf('=');
            String name = equals < 0 ? args[i] : args[i].substring(0, equals);
            normalized[i] = name.replace('_', '-') + args[i].substring(name.length());
        }
        return normalized;
    }

    private static CommandSpec spec(ConfigSchema schema) {
        CommandSpec spec = CommandSpec.create().name("sluice");
        spec.usageMessage(new UsageMessageSpec()
                .description(
                        "Carries Service traffic on a Kubernetes node, in place of kube-proxy.",
                        "'sluice explain ADDRESS:PORT' asks the one that runs here where it sends a packet, and why.")
                .sortOptions(true)
                .width(120));
        spec.addOption(text("config", "A KubeProxyConfiguration file; most flags have no effect beside it."));
        spec.addOption(text(
                "manifests",
                "Takes Services, EndpointSlices and the Node from the YAML and JSON files of"
                        + " this directory instead of an API server, and follows their changes."));
        spec.addOption(text("master", "URL of the API server, overriding the kubeconfig's."));
        spec.addOption(text("hostname-override", "The Node's name; without it the host's name is taken."));
        spec.addOption(text("metrics-port", "Deprecated: the port of the metrics server."));
        spec.addOption(text("healthz-port", "Deprecated: the port of the health server, 0 switches it off."));
        spec.addOption(bool("cleanup", "Removes everything that any mode has left on the node, and exits."));
        spec.addOption(bool(
                "init-only", "Sets the kernel parameters that the mode needs, which takes more rights, and exits."));
        spec.addOption(bool(
                "take-over",
                "Goes on beside a running kube-proxy, and removes its rules where the mode differs; without it, waits"
                        + " for its end."));
        spec.addOption(text("write-config-to", "Writes the configuration in effect to this file, and exits."));
        spec.addOption(bool("version", "Prints the version, and exits."));
        spec.addOption(bool("help", "Prints this, and exits.", "-h"));
        spec.addOption(OptionSpec.builder("-v", "--v")
                .type(String[].class)
                .paramLabel("LEVEL")
                .description("Log level: 0 to 3 log what matters, 4 logs every sync, 6 every netlink message.")
                .build());
        WITHOUT_EFFECT.forEach(name -> spec.addOption(text(name, "No effect.")));
        for (ConfigFlag flag : schema.flags()) {
            spec.addOption(
                    flag.field().type() == ConfigField.Type.BOOL
                            ? bool(flag.name(), flag.help())
                            : text(flag.name(), flag.help()));
        }
        return spec;
    }

    private static OptionSpec text(String name, String description) {
        return OptionSpec.builder("--" + name)
                .type(String[].class)
                .paramLabel("VALUE")
                .description(description)
                .build();
    }

    private static OptionSpec bool(String name, String description, String... more) {
        String[] names = new String[more.length + 1];
        names[0] = "--" + name;
        System.arraycopy(more, 0, names, 1, more.length);
        return OptionSpec.builder(names)
                .type(String[].class)
                .arity("0..1")
                .fallbackValue("true")
                .paramLabel("BOOL")
                .description(description)
                .build();
    }
}
