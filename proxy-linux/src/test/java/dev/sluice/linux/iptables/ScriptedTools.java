// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.iptables;

import dev.sluice.linux.process.Command;
import dev.sluice.linux.process.CommandRunner;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Runs nothing: the result of each command line is in a table. A program without one is not installed. */
final class ScriptedTools implements CommandRunner {
    private final Map<String, Result> answers = new LinkedHashMap<>();
    private final List<Command> run = new ArrayList<>();

    ScriptedTools on(String commandLine, String output) {
        return on(commandLine, new Result(0, output, ""));
    }

    ScriptedTools on(String commandLine, Result result) {
        answers.put(commandLine, result);
        return this;
    }

    List<Command> run() {
        return run;
    }

    @Override
    public Optional<String> find(String program) {
        return answers.keySet().stream()
                .filter(line -> line.equals(program) || line.startsWith(program + " "))
                .findFirst()
                .map(line -> program);
    }

    @Override
    public Result run(Command command) {
        run.add(command);
        Result result = answers.get(command.toString());
        if (result == null) {
            throw new AssertionError("not expected: " + command);
        }
        return result;
    }
}
