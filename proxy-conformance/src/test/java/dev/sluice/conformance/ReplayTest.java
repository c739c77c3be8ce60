// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance;

import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.core.config.ProxyMode.NFTABLES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.conformance.scenario.Flavour;
import dev.sluice.conformance.scenario.Result;
import dev.sluice.conformance.scenario.Result.Status;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.ScenarioRunner;
import dev.sluice.conformance.scenario.Timing;
import dev.sluice.core.net.IpFamily;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A failed scenario is played again where that is wanted, and never reported as one that passed. */
@Tag("slow")
class ReplayTest {
    private final String before = System.getProperty(ScenarioRunner.REPLAYS, "0");
    private final AtomicInteger plays = new AtomicInteger();

    @TempDir
    Path folder;

    @AfterEach
    void restore() {
        System.setProperty(ScenarioRunner.REPLAYS, before);
    }

    @Test
    void whatFailsOnceIsUnsteady() {
        assertThat(results(1, failing(1))).satisfiesExactly(result -> {
            assertThat(result.status()).isEqualTo(Status.UNSTEADY);
            assertThat(result.detail()).contains("failure 1");
        });
        assertThat(plays).hasValue(2);
    }

    @Test
    void whatFailsTwiceHasFailed() {
        assertThat(results(1, failing(2))).extracting(Result::status).containsExactly(Status.FAIL);
        assertThat(plays).hasValue(2);
    }

    @Test
    void nothingIsPlayedAgainByDefaultOrWhenMoreHaveFailed() {
        assertThat(results(0, failing(1))).extracting(Result::status).containsExactly(Status.FAIL);
        assertThat(plays).hasValue(1);
        assertThat(results(1, failing(9), failing(9)))
                .extracting(Result::status)
                .containsExactly(Status.FAIL, Status.FAIL);
        assertThat(plays).hasValue(3);
    }

    /** Fails until it was played that often. */
    private Scenario failing(int times) {
        return scenario("failing-" + times, "-", "fails " + times + " times")
                .in(NFTABLES)
                .once()
                .act("fails", stage -> {
                    int play = plays.incrementAndGet();
                    assertThat(play).as("failure " + play).isGreaterThan(times);
                })
                .build();
    }

    private Queue<Result> results(int replays, Scenario... scenarios) {
        assumeTrue("root".equals(System.getProperty("user.name")), "real packets need root");
        System.setProperty(ScenarioRunner.REPLAYS, Integer.toString(replays));
        Queue<Result> results = new ConcurrentLinkedQueue<>();
        new ScenarioRunner(Timing.HOST, folder, results::add)
                .run(List.of(scenarios), EnumSet.of(Flavour.NFTABLES), EnumSet.allOf(IpFamily.class));
        return results;
    }
}
