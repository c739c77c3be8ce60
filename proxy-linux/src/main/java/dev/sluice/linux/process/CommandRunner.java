// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.process;

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

    /** The exit status and output of a process. */
    record Result(int exitStatus, String output, String errors) {
        public boolean succeeded() {
            return exitStatus == 0;
        }
    }
}
