package dev.sluice.linux.process;

import java.util.Optional;

/** Runs tools in the network namespace of the calling thread. */
public interface CommandRunner {

    /** Where {@code program} is installed; empty when it is not. */
    Optional<String> find(String program);

    /**
     * Runs {@code command} to its end, whatever its exit status.
     *
     * @throws ProcessException when it cannot be started or does not end in time
     */
    Result run(Command command) throws ProcessException;

    /** How a process ended and what it wrote. */
    record Result(int exitStatus, String output, String errors) {
        public boolean succeeded() {
            return exitStatus == 0;
        }
    }
}
