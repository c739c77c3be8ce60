// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.log;

import ch.qos.logback.classic.Level;

/**
 * klog's levels as levels of loggers. Up to 3: what matters. From 4: each sync and its reasons (DEBUG). From 6: each
 * netlink message (TRACE). From 8: what the libraries say (DEBUG).
 */
final class Verbosity {
    static final String OURS = "dev.sluice";
    /** Warns with a stack trace at each retry; dev.sluice.kubernetes logs once what is wrong. */
    static final String API_CLIENT = "io.fabric8";

    private static final int SYNCS = 4;
    private static final int MESSAGES = 6;
    private static final int LIBRARIES = 8;

    private Verbosity() {}

    /** The least level that {@code logger} writes at klog's level {@code verbosity}. */
    static Level of(String logger, int verbosity) {
        if (isIn(logger, OURS)) {
            return verbosity >= MESSAGES ? Level.TRACE : verbosity >= SYNCS ? Level.DEBUG : Level.INFO;
        }
        if (verbosity >= LIBRARIES) {
            return Level.DEBUG;
        }
        return isIn(logger, API_CLIENT) ? Level.ERROR : Level.WARN;
    }

    /** klog's level of an event: the least one at which it is written. */
    static int of(String logger, Level level) {
        if (level.isGreaterOrEqual(Level.INFO)) {
            return 0;
        }
        return !isIn(logger, OURS) ? LIBRARIES : level.equals(Level.DEBUG) ? SYNCS : MESSAGES;
    }

    private static boolean isIn(String logger, String parent) {
        return logger.equals(parent) || logger.startsWith(parent + ".");
    }
}
