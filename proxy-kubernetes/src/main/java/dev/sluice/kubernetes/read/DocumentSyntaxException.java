// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.read;

import org.jspecify.annotations.Nullable;

/** A document with a syntax error. The message says what is wrong. */
public final class DocumentSyntaxException extends Exception {
    private final int line;

    DocumentSyntaxException(int line, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.line = line;
    }

    /** The line of the error, counted from 1; 0 when unknown. */
    public int line() {
        return line;
    }
}
