// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux;

/**
 * The kernel, or one of its tools, refused. The message says what was requested, what the answer was, and what to do.
 * Callers use the predicates of the subclasses instead of parsing messages.
 */
public class KernelException extends Exception {
    private static final long serialVersionUID = 1;

    public KernelException(String message) {
        super(message);
    }

    public KernelException(String message, Throwable cause) {
        super(message, cause);
    }
}
