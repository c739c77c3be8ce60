// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.process;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Runs commands in the network namespace of the calling thread. */
public interface CommandRunner {

    /** The path of {@code program}; empty when it is not installed. */
    Optional<String> find(String program);

    /**
     * Runs {@code command} to its end, whatever its exit status.
     *
     * @throws ProcessException when it cannot be started or does not end in time
     */
    Result run(Command command) throws ProcessException;

    /**
     * Starts {@code command}, for another one to run beside it; here it runs to its end first.
     *
     * @throws ProcessException when it cannot be started
     */
    default Started start(Command command) throws ProcessException {
        Result result = run(command);
        return () -> result;
    }

    /**
     * Runs {@code commands} side by side to their ends.
     *
     * @return the results in their order, each of which is there at once, or the failure
     */
    default List<Started> runAll(List<Command> commands) {
        return commands.stream()
                .map(this::started)
                .toList() // all of them, before one is awaited
                .stream()
                .map(CommandRunner::ended)
                .toList();
    }

    private Started started(Command command) {
        try {
            return start(command);
        } catch (ProcessException e) {
            return failed(e);
        }
    }

    private static Started ended(Started started) {
        try {
            Result result = started.await();
            return () -> result;
        } catch (ProcessException e) {
            return failed(e);
        }
    }

    private static Started failed(ProcessException e) {
        return () -> {
            throw e;
        };
    }

    /** A command that was started. Whoever started it must await it, once, since it goes on until then. */
    @FunctionalInterface
    interface Started {
        /** Waits for its end, as {@link #run} does. */
        Result await() throws ProcessException;
    }

    /**
     * The exit status and output of a process.
     *
     * @param errors long ones have a remark in the place of their middle
     */
    record Result(int exitStatus, String output, String errors) {
        /** Added to the number of the signal that ended a process. */
        private static final int SIGNALLED = 128;

        private static final Map<Integer, String> SIGNALS =
                Map.of(6, "SIGABRT", 9, "SIGKILL", 11, "SIGSEGV", 13, "SIGPIPE", 15, "SIGTERM");

        public boolean succeeded() {
            return exitStatus == 0;
        }

        /** How it ended, for messages: its exit status, and the signal that it stands for. */
        public String ending() {
            if (exitStatus <= SIGNALLED) {
                return "exit status " + exitStatus;
            }
            int signal = exitStatus - SIGNALLED;
            return "exit status " + exitStatus + ": something else ended it by signal " + signal
                    + (SIGNALS.containsKey(signal) ? ", " + SIGNALS.get(signal) : "");
        }
    }
}
