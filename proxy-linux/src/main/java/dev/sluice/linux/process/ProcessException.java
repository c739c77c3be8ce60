// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.process;

import dev.sluice.linux.KernelException;

/** A command could not be run, or did not end in time. */
public final class ProcessException extends KernelException {
    private static final long serialVersionUID = 1;

    private final boolean missing;

    private ProcessException(String message, boolean missing) {
        super(message);
        this.missing = missing;
    }

    static ProcessException missing(Command command) {
        return new ProcessException(
                command.program() + " is not installed: not found on PATH nor in /usr/sbin and /sbin", true);
    }

    static ProcessException failed(Command command, String why) {
        return new ProcessException("cannot run '" + command + "': " + why, false);
    }

    /** Whether the program is not installed. */
    public boolean isMissing() {
        return missing;
    }
}
