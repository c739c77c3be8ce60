// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.turbo.TurboFilter;
import ch.qos.logback.core.spi.FilterReply;
import dev.sluice.core.thread.ProcessEnd;
import org.jspecify.annotations.Nullable;
import org.slf4j.Marker;

/**
 * Ends the process when anybody logs a failure of the virtual machine, at whatever level: libraries catch what they
 * call, say so in the log, and go on.
 */
final class FatalFailureFilter extends TurboFilter {
    private static final String THE_END = ProcessEnd.class.getName();

    @Override
    public FilterReply decide(
            @Nullable Marker marker,
            Logger logger,
            Level level,
            @Nullable String format,
            Object @Nullable [] arguments,
            @Nullable Throwable failure) {
        Throwable logged = failure == null ? last(arguments) : failure;
        if (logged != null && !logger.getName().equals(THE_END)) {
            ProcessEnd.ifFatal(logged);
        }
        return FilterReply.NEUTRAL;
    }

    /** SLF4J takes it for the failure, too. */
    private static @Nullable Throwable last(Object @Nullable [] arguments) {
        return arguments != null && arguments.length > 0 && arguments[arguments.length - 1] instanceof Throwable failure
                ? failure
                : null;
    }
}
