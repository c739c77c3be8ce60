// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import java.nio.charset.StandardCharsets;
import org.slf4j.LoggerFactory;

/**
 * The log on standard error: one line an event, time in UTC, level, logger, message. Long lines are cut. Set up in
 * code, because a configuration file costs start-up time.
 */
public final class Logging {
    private static final String PATTERN =
            "%d{yyyy-MM-dd'T'HH:mm:ss.SSS'Z', UTC} %-5level %logger{0}: %msg%n%ex{full}%nopex";

    private Logging() {}

    /**
     * @param verbosity kube-proxy's {@code -v}: up to 3 info, from 4 debug, from 6 netlink messages, from 8
     *     everything
     */
    public static void configure(int verbosity) {
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        context.reset();
        PatternLayoutEncoder encoder = new PatternLayoutEncoder() {
            @Override
            public byte[] encode(ILoggingEvent event) {
                return LineLimit.cut(super.encode(event));
            }
        };
        encoder.setCharset(StandardCharsets.UTF_8);
        encoder.setContext(context);
        encoder.setPattern(PATTERN);
        encoder.start();
        ConsoleAppender<ILoggingEvent> console = new ConsoleAppender<>();
        console.setContext(context);
        console.setTarget("System.err");
        console.setEncoder(encoder);
        console.start();
        Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.addAppender(console);
        root.setLevel(verbosity >= 8 ? Level.DEBUG : Level.WARN);
        // it warns with a stack trace at each retry; dev.sluice.kubernetes logs once what is wrong
        context.getLogger("io.fabric8").setLevel(verbosity >= 8 ? Level.DEBUG : Level.ERROR);
        context.getLogger("dev.sluice").setLevel(verbosity >= 4 ? Level.DEBUG : Level.INFO);
        context.getLogger("dev.sluice.linux.netlink.wire").setLevel(verbosity >= 6 ? Level.TRACE : Level.INFO);
    }
}
