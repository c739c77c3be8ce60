// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.ParseResult;

/** The command for picocli, which knows all ways to write flags, and how to print them. */
final class PicocliCommand {
    private final CommandLine commandLine;

    PicocliCommand(List<Flag> flags) {
        CommandSpec spec = CommandSpec.create().name("sluice");
        spec.usageMessage(new UsageMessageSpec()
                .description(
                        "Carries Service traffic on a Kubernetes node, in place of kube-proxy.",
                        "'sluice explain ADDRESS:PORT' asks the one that runs here where it sends a packet, and why.")
                .sortOptions(true)
                .width(120));
        flags.forEach(flag -> spec.addOption(option(flag)));
        commandLine = new CommandLine(spec);
        commandLine.getCommandSpec().parser().collectErrors(true).unmatchedArgumentsAllowed(true);
    }

    private static OptionSpec option(Flag flag) {
        return OptionSpec.builder(flag.names().toArray(String[]::new))
                .type(String[].class)
                .arity("1")
                .paramLabel(flag.isSwitch() ? "BOOL" : "VALUE")
                .description(flag.help())
                .build();
    }

    GivenFlags parse(List<String> args) {
        ParseResult result = commandLine.parseArgs(args.toArray(String[]::new));
        Map<String, List<String>> values = new HashMap<>();
        for (OptionSpec option : result.matchedOptionsSet()) {
            String[] given = result.matchedOptionValue(option.longestName(), new String[0]);
            values.put(option.longestName(), Arrays.asList(given));
        }
        return new GivenFlags(
                values, result.errors().stream().map(Exception::getMessage).toList(), result.unmatched());
    }

    /** The text of {@code --help}. */
    String usage() {
        StringWriter text = new StringWriter();
        commandLine.usage(new PrintWriter(text, true));
        return text.toString();
    }
}
