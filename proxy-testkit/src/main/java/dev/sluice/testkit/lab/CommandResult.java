// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.lab;

import java.util.List;

/**
 * The result of a finished command.
 *
 * @param output standard output and standard error together
 */
public record CommandResult(List<String> command, int exitCode, String output) {

    /** The output of a command that must succeed. */
    public String orThrow() {
        if (exitCode != 0) {
            throw new LabException(String.join(" ", command) + " ended with " + exitCode + ": " + output.strip());
        }
        return output;
    }
}
