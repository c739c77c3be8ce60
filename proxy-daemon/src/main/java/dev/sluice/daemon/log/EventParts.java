// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.log;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.slf4j.event.KeyValuePair;

/** The parts of an event that it may lack. */
final class EventParts {
    private EventParts() {}

    static List<KeyValuePair> pairs(ILoggingEvent event) {
        return Objects.requireNonNullElse(event.getKeyValuePairs(), List.of());
    }

    /** The exception's class and message. */
    static Optional<String> failure(ILoggingEvent event) {
        IThrowableProxy failure = event.getThrowableProxy();
        return failure == null
                ? Optional.empty()
                : Optional.of(
                        failure.getClassName() + (failure.getMessage() == null ? "" : ": " + failure.getMessage()));
    }
}
