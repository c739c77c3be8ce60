// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api.reflector;

import java.io.IOException;
import java.io.Serial;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A request that failed. The message says what was wrong, without the server and the request. */
public final class ApiFailure extends IOException {
    @Serial
    private static final long serialVersionUID = 1;

    private final Kind kind;
    private final int status;
    private final Duration retryAfter;

    /** What an {@link ApiFailure} means for who asked. */
    public enum Kind {
        /** No answer. */
        UNREACHABLE,
        /** An answer that broke off, or whose peer vanished. */
        CUT,
        /** An answer with an HTTP status of 400 or above. */
        REFUSED,
        /** The version or the continue token is no longer known. */
        EXPIRED,
        /** An answer that is not one of an API server. */
        NO_API_ANSWER,
        /** The server's versions are lower than the one that is held. */
        WENT_BACK
    }

    private ApiFailure(Kind kind, int status, Duration retryAfter, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
        this.status = status;
        this.retryAfter = retryAfter;
    }

    /** A failure without a status. */
    public static ApiFailure of(Kind kind, String message, @Nullable Throwable cause) {
        return new ApiFailure(kind, 0, Duration.ZERO, message, cause);
    }

    /**
     * An answer with an error status.
     *
     * @param retryAfter the delay that the server asks for, zero when it asks for none
     */
    public static ApiFailure refused(int status, Duration retryAfter, String message) {
        return new ApiFailure(status == 410 ? Kind.EXPIRED : Kind.REFUSED, status, retryAfter, message, null);
    }

    public Kind kind() {
        return kind;
    }

    /** The HTTP status, 0 when there is none. */
    public int status() {
        return status;
    }

    public Duration retryAfter() {
        return retryAfter;
    }

    @Override
    public String getMessage() {
        return String.valueOf(super.getMessage());
    }
}
