// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import org.jspecify.annotations.Nullable;

/**
 * The settings of the connection to the API server are unusable. The message says which file, what is wrong, and what
 * to do.
 */
public final class ApiConfigException extends Exception {

    ApiConfigException(String message) {
        super(message);
    }

    ApiConfigException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
