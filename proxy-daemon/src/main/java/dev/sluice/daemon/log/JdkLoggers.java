// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.log;

import java.text.MessageFormat;
import java.util.MissingResourceException;
import java.util.ResourceBundle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends what the JDK logs to the daemon's log. The JDK finds it by {@code META-INF/services} in the first jar of the
 * class path. Without it the first process that is started, or the first certificate that is read, would have every jar
 * opened and its directory kept in memory, a megabyte in all.
 *
 * <p>The JDK always looks one further than what it has found: {@link Second} is there for the search of a provider, and
 * a file without one in the next jar, proxy-core's, for the search of files.
 */
public final class JdkLoggers extends System.LoggerFinder {

    /** Never made. */
    public static final class Second extends System.LoggerFinder {
        @Override
        public System.Logger getLogger(String name, Module module) {
            return new Forwarded(name, LoggerFactory.getLogger(name));
        }
    }

    @Override
    public System.Logger getLogger(String name, Module module) {
        return new Forwarded(name, LoggerFactory.getLogger(name));
    }

    private record Forwarded(String name, Logger to) implements System.Logger {

        @Override
        public String getName() {
            return name;
        }

        @Override
        public boolean isLoggable(Level level) {
            return switch (level) {
                case ALL -> true;
                case OFF -> false;
                default -> to.isEnabledForLevel(of(level));
            };
        }

        @Override
        public void log(
                Level level, @Nullable ResourceBundle texts, @Nullable String message, @Nullable Throwable thrown) {
            if (isLoggable(level)) {
                to.atLevel(of(level)).setCause(thrown).log(text(texts, message));
            }
        }

        @Override
        public void log(
                Level level, @Nullable ResourceBundle texts, @Nullable String format, @Nullable Object... values) {
            if (isLoggable(level)) {
                String text = text(texts, format);
                to.atLevel(of(level)).log(values == null || values.length == 0 ? text : filled(text, values));
            }
        }

        private static org.slf4j.event.Level of(Level level) {
            return switch (level) {
                case ALL, TRACE -> org.slf4j.event.Level.TRACE;
                case DEBUG -> org.slf4j.event.Level.DEBUG;
                case INFO -> org.slf4j.event.Level.INFO;
                case WARNING -> org.slf4j.event.Level.WARN;
                case ERROR, OFF -> org.slf4j.event.Level.ERROR;
            };
        }

        private static String text(@Nullable ResourceBundle texts, @Nullable String message) {
            String key = String.valueOf(message);
            try {
                return texts == null ? key : texts.getString(key);
            } catch (MissingResourceException e) {
                return key;
            }
        }

        private static String filled(String format, @Nullable Object[] values) {
            try {
                return MessageFormat.format(format, values);
            } catch (IllegalArgumentException e) {
                return format;
            }
        }
    }
}
