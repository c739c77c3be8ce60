// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.process;

import dev.sluice.linux.KernelException;
import java.time.Duration;

/** A command could not be run, did not end in time, or exceeded a limit. */
public final class ProcessException extends KernelException {
    private static final long serialVersionUID = 1;

    private enum Cause {
        MISSING,
        DEADLINE,
        OTHER
    }

    private final Cause cause;

    private ProcessException(String message, Cause cause) {
        super(message);
        this.cause = cause;
    }

    static ProcessException missing(Command command) {
        return new ProcessException(
                command.program() + " is not installed: not found on PATH nor in /usr/sbin and /sbin", Cause.MISSING);
    }

    /** @param wrote what it wrote so far, for people */
    static ProcessException late(Command command, String wrote) {
        return new ProcessException(
                "'" + command + "' did not end within its deadline of " + text(command.deadline())
                        + " and was killed, with all that it had started; " + wrote,
                Cause.DEADLINE);
    }

    static ProcessException failed(Command command, String why) {
        return new ProcessException("cannot run '" + command + "': " + why, Cause.OTHER);
    }

    private static String text(Duration time) {
        return time.toMillis() < 10_000 ? time.toMillis() + " ms" : time.toSeconds() + " s";
    }

    /** Whether the program is not installed. */
    public boolean isMissing() {
        return cause == Cause.MISSING;
    }

    /** Whether it was killed because it did not end in time. */
    public boolean isLate() {
        return cause == Cause.DEADLINE;
    }
}
