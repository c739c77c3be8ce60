// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

class LineLimitTest {
    private final PrintStream standardError = System.err;

    @AfterEach
    void restore() {
        System.setErr(standardError);
        Logging.begin();
    }

    @Test
    void aLongMessageIsOneLineOfEightKibibytes() {
        List<String> lines = logged("begin " + "x".repeat(50_000_000) + " end", null);

        assertThat(lines).singleElement().satisfies(line -> {
            assertThat(line.getBytes(StandardCharsets.UTF_8).length).isBetween(8000, LineLimit.LINE);
            assertThat(line)
                    .startsWith("I")
                    .contains("begin xxx", "characters left out")
                    .endsWith("xxx end\"");
        });
    }

    @Test
    void anExceptionKeepsItsCauses() {
        Exception cause = new IllegalStateException("the cause " + "y".repeat(100_000));

        List<String> lines = logged("what", new IllegalStateException("z".repeat(100_000), cause));

        assertThat(lines).allMatch(line -> line.getBytes(StandardCharsets.UTF_8).length <= LineLimit.LINE);
        assertThat(lines).anyMatch(line -> line.startsWith("Caused by: ") && line.contains("the cause yyy"));
    }

    @Test
    void anEventOfManyLinesIsCutToo() {
        List<String> lines = logged("line\n".repeat(1_000_000), null);

        assertThat(lines).anyMatch(line -> line.contains("characters left out"));
        assertThat(lines.stream().mapToInt(String::length).sum()).isLessThan(LineLimit.EVENT);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void charactersStayWhole(int shift) {
        byte[] text = ("a".repeat(shift) + "\uD83D\uDE80".repeat(10_000)).getBytes(StandardCharsets.UTF_8);

        assertThat(new String(LineLimit.cut(text), StandardCharsets.UTF_8)).doesNotContain("\uFFFD");
    }

    @Test
    void whatIsShortStays() {
        byte[] text = "x".repeat(LineLimit.LINE).getBytes(StandardCharsets.UTF_8);

        assertThat(LineLimit.cut(text)).isSameAs(text);
    }

    private static List<String> logged(String message, @Nullable Throwable problem) {
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        System.setErr(new PrintStream(written, true, StandardCharsets.UTF_8));
        Logging.begin();
        LoggerFactory.getLogger("dev.sluice.test").info(message, problem);
        return written.toString(StandardCharsets.UTF_8).lines().toList();
    }
}
