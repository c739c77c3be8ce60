// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.read;

import java.io.IOException;

/** A file that is not read, whatever it holds. The message says why and what to do, and does not name the file. */
public final class UnusableFileException extends IOException {
    UnusableFileException(String message) {
        super(message);
    }
}
