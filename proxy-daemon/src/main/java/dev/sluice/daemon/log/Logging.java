// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.log;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.turbo.TurboFilter;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
import dev.sluice.daemon.config.LoggingOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.slf4j.LoggerFactory;

/**
 * The log on standard error, as text or JSON. Long lines are cut. Set up in code, because a configuration file costs
 * start-up time.
 */
public final class Logging {
    private Logging() {}

    /** Logs what matters as text, until the configuration is known. */
    public static void begin() {
        configure(new LoggingOptions(LoggingOptions.Format.TEXT, 0, List.of(), Duration.ZERO));
    }

    /** Logs with {@code options} from now on. */
    public static void configure(LoggingOptions options) {
        LoggerContext context = context();
        context.reset();
        Encoder<ILoggingEvent> encoder = switch (options.format()) {
            case TEXT -> new TextEncoder(process());
            case JSON -> new JsonEncoder();
        };
        encoder.setContext(context);
        encoder.start();
        ConsoleAppender<ILoggingEvent> console = new ConsoleAppender<>();
        console.setContext(context);
        console.setTarget("System.err");
        console.setEncoder(encoder);
        console.start();
        context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME).addAppender(console);
        setVerbosity(options.verbosity());
        addFilter(context, new FatalFailureFilter());
        if (!options.vmodule().isEmpty()) {
            addFilter(context, new ModuleFilter(options.vmodule()));
        }
    }

    private static void addFilter(LoggerContext context, TurboFilter filter) {
        filter.setContext(context);
        filter.start();
        context.addTurboFilter(filter);
    }

    /** Changes klog's level {@code -v} of the running process; that of {@code --vmodule} stays. */
    public static void setVerbosity(int verbosity) {
        for (String name : List.of(org.slf4j.Logger.ROOT_LOGGER_NAME, Verbosity.API_CLIENT, Verbosity.OURS)) {
            Logger logger = context().getLogger(name);
            logger.setLevel(Verbosity.of(name, verbosity));
        }
    }

    private static LoggerContext context() {
        return (LoggerContext) LoggerFactory.getILoggerFactory();
    }

    /** 0 where it cannot be found out. */
    private static long process() {
        try {
            return Long.parseLong(Files.readSymbolicLink(Path.of("/proc/self")).toString());
        } catch (IOException | NumberFormatException e) {
            return 0;
        }
    }
}
