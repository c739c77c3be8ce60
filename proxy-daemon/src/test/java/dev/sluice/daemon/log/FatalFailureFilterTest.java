// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Failures that a library has caught and logs, each in a process of its own. */
@Tag("slow")
class FatalFailureFilterTest {
    private static final Logger LOG = LoggerFactory.getLogger("io.netty.util.concurrent.AbstractEventExecutor");

    /** How it is logged. */
    enum Way {
        FAILURE {
            @Override
            void log() {
                LOG.warn("a task has failed", new OutOfMemoryError("for the test"));
            }
        },
        LAST_ARGUMENT {
            @Override
            void log() {
                LOG.warn("task {} has failed", 1, new OutOfMemoryError("for the test"));
            }
        },
        CAUSE_AT_A_LEVEL_THAT_IS_OFF {
            @Override
            void log() {
                LOG.trace("{}", "", new ExecutionException(new OutOfMemoryError("for the test")));
            }
        };

        abstract void log();
    }

    public static void main(String[] args) throws InterruptedException {
        Logging.begin();
        Way.valueOf(args[0]).log();
        new CountDownLatch(1).await();
    }

    @ParameterizedTest
    @EnumSource
    void endsTheProcess(Way way) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        FatalFailureFilterTest.class.getName(),
                        way.name())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(output).isEqualTo(1);
        assertThat(output.lines())
                .singleElement()
                .asString()
                .contains("the thread main cannot go on (java.lang.OutOfMemoryError: for the test)");
    }

    @Test
    void leavesOtherFailuresToTheLog() {
        LOG.debug("a task has failed", new StackOverflowError("for the test"));
    }
}
