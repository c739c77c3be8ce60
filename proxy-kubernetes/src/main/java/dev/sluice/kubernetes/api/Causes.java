// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import java.net.ConnectException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Says in a few words why a request got no answer. */
final class Causes {
    private Causes() {}

    static String of(@Nullable Throwable failure) {
        String refused = null;
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            switch (cause) {
                case UnresolvedAddressException e -> {
                    return "its name does not resolve";
                }
                case SSLException e -> {
                    return "TLS fails (" + root(e) + "); check the certificate authority, the server's name and the"
                            + " client certificate";
                }
                case HttpTimeoutException e -> {
                    return "it does not answer in time";
                }
                // the JDK's client leaves the message of a refused connection out
                case ConnectException e -> refused = e.getMessage() == null ? "connection refused" : e.getMessage();
                default -> {}
            }
        }
        return refused == null ? root(failure) : refused;
    }

    /**
     * Whether the client itself has failed, and not the way to the server: that of the JDK answers nobody any more once
     * its thread has ended.
     */
    static boolean isDefect(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            switch (cause) {
                case UnresolvedAddressException _, CompletionException _, CancellationException _ -> {}
                case RuntimeException _, Error _ -> {
                    return true;
                }
                default -> {}
            }
        }
        return false;
    }

    /** The innermost cause with a message. */
    static String root(@Nullable Throwable failure) {
        String message = failure == null ? "no cause" : failure.getClass().getSimpleName();
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause.getMessage() != null) {
                message = cause.getMessage();
            }
        }
        return message;
    }
}
