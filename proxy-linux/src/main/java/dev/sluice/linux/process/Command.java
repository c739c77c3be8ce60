// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.process;

import java.time.Duration;
import java.util.List;

/**
 * A command line with its input and limits.
 *
 * @param program a name to look up, or a path
 * @param input the standard input
 * @param deadline the time after which the process is killed
 * @param outputLimit the number of bytes of standard output above which the process is killed
 */
public record Command(String program, List<String> arguments, String input, Duration deadline, int outputLimit) {
    private static final int DEFAULT_OUTPUT = 1 << 20;

    public Command {
        arguments = List.copyOf(arguments);
    }

    /** A command that prints little. */
    public Command(String program, List<String> arguments, String input, Duration deadline) {
        this(program, arguments, input, deadline, DEFAULT_OUTPUT);
    }

    /** A command without input, that prints little. */
    public static Command of(Duration deadline, String program, String... arguments) {
        return new Command(program, List.of(arguments), "", deadline);
    }

    /** This command with {@code text} as its standard input. */
    public Command reading(String text) {
        return new Command(program, arguments, text, deadline, outputLimit);
    }

    /** This command, killed after {@code limit} if its own deadline is later. */
    Command within(Duration limit) {
        return deadline.compareTo(limit) <= 0 ? this : new Command(program, arguments, input, limit, outputLimit);
    }

    /** This command with another limit of its standard output, in bytes. */
    public Command printingUpTo(int bytes) {
        return new Command(program, arguments, input, deadline, bytes);
    }

    /** The command line, for messages. */
    @Override
    public String toString() {
        return arguments.isEmpty() ? program : program + " " + String.join(" ", arguments);
    }
}
