// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.process;

import java.time.Duration;
import java.util.List;

/**
 * A command line with its input and deadline.
 *
 * @param program a name to look up, or a path
 * @param input the standard input
 * @param deadline the time after which the process is killed
 */
public record Command(String program, List<String> arguments, String input, Duration deadline) {
    public Command {
        arguments = List.copyOf(arguments);
    }

    /** A command without input. */
    public static Command of(Duration deadline, String program, String... arguments) {
        return new Command(program, List.of(arguments), "", deadline);
    }

    /** This command with {@code text} as its standard input. */
    public Command reading(String text) {
        return new Command(program, arguments, text, deadline);
    }

    /** The command line, for messages. */
    @Override
    public String toString() {
        return arguments.isEmpty() ? program : program + " " + String.join(" ", arguments);
    }
}
