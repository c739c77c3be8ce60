package dev.sluice.linux.process;

import java.time.Duration;
import java.util.List;

/**
 * A tool to run.
 *
 * @param program a name to be looked up, or a path
 * @param input what the tool reads from its standard input
 * @param deadline after this time the process is killed
 */
public record Command(String program, List<String> arguments, String input, Duration deadline) {
    public Command {
        arguments = List.copyOf(arguments);
    }

    /** A command without input. */
    public static Command of(Duration deadline, String program, String... arguments) {
        return new Command(program, List.of(arguments), "", deadline);
    }

    /** The same with {@code text} as its standard input. */
    public Command reading(String text) {
        return new Command(program, arguments, text, deadline);
    }

    /** The command line, for messages. */
    @Override
    public String toString() {
        return arguments.isEmpty() ? program : program + " " + String.join(" ", arguments);
    }
}
