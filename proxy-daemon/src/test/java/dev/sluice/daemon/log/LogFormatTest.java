// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.daemon.config.LoggingOptions;
import dev.sluice.daemon.config.LoggingOptions.Format;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** Events as they stand on standard error. */
class LogFormatTest {
    private static final Logger LOG = LoggerFactory.getLogger("dev.sluice.core.sync.SyncLoop");

    private static CapturedLog log(Format format) {
        return new CapturedLog(new LoggingOptions(format, 4, List.of(), Duration.ZERO));
    }

    @Test
    void textIsThatOfKlog() {
        try (CapturedLog log = log(Format.TEXT)) {
            LOG.atInfo().addKeyValue("mode", "ipvs").addKeyValue("ports", 3).log("a \"quoted\" {}", "message");
            LOG.warn("two\nlines");
            LOG.debug("a detail");

            String header = "\\d{4} \\d\\d:\\d\\d:\\d\\d\\.\\d{6} +"
                    + ProcessHandle.current().pid() + " SyncLoop\\] ";
            assertThat(log.lines()).hasSize(3);
            assertThat(log.lines().get(0))
                    .matches("I" + header + ".*")
                    .endsWith("] \"a \\\"quoted\\\" message\" mode=\"ipvs\" ports=\"3\"");
            assertThat(log.lines().get(1)).matches("W" + header + ".*").endsWith("] \"two\\nlines\"");
            assertThat(log.lines().get(2)).matches("I" + header + ".*");
        }
    }

    @Test
    void aStackTraceFollowsTheLine() {
        try (CapturedLog log = log(Format.TEXT)) {
            LOG.error("what", new IllegalStateException("why", new IllegalArgumentException("cause")));

            assertThat(log.lines().getFirst())
                    .startsWith("E")
                    .endsWith("] \"what\" err=\"java.lang.IllegalStateException: why\"");
            assertThat(log.lines().get(1)).isEqualTo("java.lang.IllegalStateException: why");
            assertThat(log.lines()).anyMatch(line -> line.startsWith("Caused by: ") && line.endsWith(": cause"));
        }
    }

    @Test
    void jsonIsThatOfKubernetes() {
        try (CapturedLog log = log(Format.JSON)) {
            LOG.atInfo().addKeyValue("mode", "ipvs").log("a \"quoted\" {} \t\u001b[31m", "message");
            LOG.debug("a detail");
            LOG.warn("attention");
            LOG.error("what", new IllegalStateException("why"));

            List<Map<String, Object>> objects =
                    log.lines().stream().map(LogFormatTest::json).toList();
            assertThat(objects).hasSize(4).allSatisfy(object -> {
                assertThat(object.get("ts")).isInstanceOf(Double.class);
                assertThat((Double) object.get("ts")).isBetween(1.6e12, 4e12);
                assertThat(object.get("logger")).isEqualTo("dev.sluice.core.sync.SyncLoop");
            });
            assertThat(objects.get(0).get("msg")).isEqualTo("a \"quoted\" message \t\u001b[31m");
            assertThat(objects.get(0).get("mode")).isEqualTo("ipvs");
            assertThat(objects).extracting(object -> object.get("v")).containsExactly(0, 4, 0, null);
            assertThat(objects)
                    .extracting(object -> object.get("severity"))
                    .containsExactly("info", "info", "warning", "error");
            assertThat(objects.get(3).get("err")).isEqualTo("java.lang.IllegalStateException: why");
            assertThat(objects.get(3).get("stacktrace")).asString().contains("LogFormatTest.java");
        }
    }

    @ParameterizedTest
    @EnumSource
    void aLongLineIsCutAndStaysReadableForPrograms(Format format) {
        String quotes = "\"\n\uD83D\uDE80".repeat(100_000);
        try (CapturedLog log = log(format)) {
            LOG.atWarn()
                    .addKeyValue("long", quotes)
                    .addKeyValue("short", "whole")
                    .log("begin " + "x".repeat(1_000_000) + " end");
            LOG.error("y".repeat(100_000), new IllegalStateException(quotes));

            assertThat(log.lines())
                    .allMatch(line -> line.getBytes(StandardCharsets.UTF_8).length < LineLimit.LINE)
                    .noneMatch(line -> line.indexOf('\uFFFD') >= 0);
            String first = log.lines().getFirst();
            assertThat(first)
                    .contains("begin xxx", "xxx end\"", "characters left out")
                    .containsPattern("short\"?[:=]\"whole\"")
                    .hasSizeGreaterThan(4000);
            if (format == Format.JSON) {
                assertThat(log.lines())
                        .hasSize(2)
                        .allSatisfy(line -> assertThat(json(line)).containsKey("msg"));
            }
        }
    }

    @SuppressWarnings("unchecked") // an object has texts as keys
    private static Map<String, Object> json(String line) {
        return (Map<String, Object>) new Load(LoadSettings.builder().build()).loadFromString(line);
    }
}
