// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.daemon.config.LoggingOptions;
import java.time.Duration;
import java.util.List;
import java.util.ListResourceBundle;
import java.util.ResourceBundle;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;

class JdkLoggersTest {
    private static final ResourceBundle TEXTS = new ListResourceBundle() {
        @Override
        protected Object[][] getContents() {
            return new Object[][] {{"key", "a text with {0}"}};
        }
    };

    private final System.Logger logger = new JdkLoggers().getLogger("java.some", Object.class.getModule());

    @Test
    void whatTheJdkLogsIsInTheLog() {
        try (CapturedLog log =
                new CapturedLog(new LoggingOptions(LoggingOptions.Format.TEXT, 0, List.of(), Duration.ZERO))) {
            logger.log(System.Logger.Level.WARNING, "{0} of {1}", 1, "two");
            logger.log(System.Logger.Level.ERROR, TEXTS, "key", "a value");
            logger.log(System.Logger.Level.ERROR, TEXTS, "unknown", new IllegalStateException("a cause"));
            logger.log(System.Logger.Level.WARNING, "not a pattern: {", 1);
            logger.log(System.Logger.Level.TRACE, "a detail");
            assertThat(String.join("\n", log.lines()))
                    .contains("1 of two", "a text with a value", "unknown", "a cause", "not a pattern: {")
                    .doesNotContain("a detail");
        }
    }

    @Test
    void theLevelIsThatOfTheLog() {
        assertThat(logger.getName()).isEqualTo("java.some");
        assertThat(logger.isLoggable(System.Logger.Level.ERROR)).isTrue();
        assertThat(logger.isLoggable(System.Logger.Level.OFF)).isFalse();
    }

    @Test
    void theJdkFindsIt() {
        assertThat(ServiceLoader.load(System.LoggerFinder.class).stream().map(ServiceLoader.Provider::type))
                .hasSize(2)
                .first()
                .isEqualTo(JdkLoggers.class);
    }
}
