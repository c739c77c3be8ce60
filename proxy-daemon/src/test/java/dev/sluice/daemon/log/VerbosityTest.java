// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.config.VmoduleRule;
import dev.sluice.daemon.config.LoggingOptions;
import dev.sluice.daemon.config.LoggingOptions.Format;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Which events are logged at which of klog's levels. */
class VerbosityTest {
    private static final Logger SYNC = LoggerFactory.getLogger("dev.sluice.core.sync.SyncLoop");
    private static final Logger WIRE = LoggerFactory.getLogger("dev.sluice.linux.netlink.wire");
    private static final Logger CLIENT = LoggerFactory.getLogger("io.fabric8.kubernetes.client.Any");
    private static final Logger LIBRARY = LoggerFactory.getLogger("io.netty.Any");

    private static CapturedLog log(int verbosity, VmoduleRule... vmodule) {
        return new CapturedLog(new LoggingOptions(Format.TEXT, verbosity, List.of(vmodule), Duration.ZERO));
    }

    private static void logEverything() {
        for (Logger logger : List.of(SYNC, WIRE, CLIENT, LIBRARY)) {
            logger.error("error");
            logger.warn("warn");
            logger.info("info");
            logger.debug("debug");
            logger.trace("trace");
        }
    }

    @ParameterizedTest
    @CsvSource({"0, 9", "3, 9", "4, 11", "5, 11", "6, 13", "7, 13", "8, 18", "10, 18"})
    void eachLevelAddsToTheOneBelow(int verbosity, int lines) {
        try (CapturedLog log = log(verbosity)) {
            logEverything();

            assertThat(log.lines()).hasSize(lines);
        }
    }

    @Test
    void theLevelChangesWhileTheProcessRuns() {
        try (CapturedLog log = log(0)) {
            SYNC.debug("one");
            Logging.setVerbosity(4);
            SYNC.debug("two");
            Logging.setVerbosity(0);
            SYNC.debug("three");

            assertThat(log.lines()).singleElement().asString().contains("\"two\"");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "SyncLoop, true",
        "Sync*, true",
        "S?nc[A-Z]oop, true",
        "*, true",
        "dev/sluice/core/sync/SyncLoop, true",
        "dev/sluice/core/*/SyncLoop, true",
        "Sync, false",
        "syncloop, false",
        "dev/*, false",
        "core/sync/SyncLoop, false",
        "Sync[z-a]oop, false",
        "Sync[, false",
        "Sync.oop, false",
    })
    void aPatternRaisesTheLevelOfTheClassesThatItMatches(String pattern, boolean matches) {
        try (CapturedLog log = log(0, new VmoduleRule(pattern, 4))) {
            SYNC.debug("detail");
            SYNC.trace("message");
            Logging.setVerbosity(2);
            SYNC.debug("detail");

            assertThat(SYNC.isDebugEnabled()).isEqualTo(matches);
            assertThat(log.lines()).hasSize(matches ? 2 : 0);
        }
    }

    @Test
    void ofTwoRulesTheFirstCountsAndNoneLowersALevel() {
        try (CapturedLog log = log(4, new VmoduleRule("wire", 6), new VmoduleRule("*", 0))) {
            SYNC.debug("one");
            WIRE.trace("two");
            SYNC.trace("never");

            assertThat(log.lines()).hasSize(2);
        }
    }
}
