// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.kernel;

/** The host lacks what a mode needs, or refuses it. The message says what is missing and what to do. */
public final class HostException extends Exception {
    private static final long serialVersionUID = 1;

    public HostException(String message) {
        super(message);
    }

    /** With the message of {@code cause}. */
    public HostException(Throwable cause) {
        super(cause.getMessage(), cause);
    }

    public HostException(String message, Throwable cause) {
        super(message, cause);
    }

    @Override
    public String getMessage() {
        return String.valueOf(super.getMessage());
    }
}
