// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.timing;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("slow")
class MachineSpeedTest {
    private final MachineSpeed speed = MachineSpeed.ofReference();

    @Test
    void usualMachineGetsTheUsualTime() {
        speed.daemonStarted(Duration.ofMillis(500));
        assertThat(speed.slowness()).isEqualTo(1);
        assertThat(speed.stretched(Duration.ofSeconds(20))).isEqualTo(Duration.ofSeconds(20));
    }

    @Test
    void slowestStartCounts() {
        speed.daemonStarted(Duration.ofSeconds(12));
        speed.daemonStarted(Duration.ofSeconds(6));
        assertThat(speed.stretched(Duration.ofSeconds(20))).isEqualTo(Duration.ofSeconds(80));
    }

    @Test
    void slownessIsBounded() {
        speed.daemonStarted(Duration.ofHours(1));
        assertThat(speed.slowness()).isEqualTo(20);
    }

    @Test
    void measuredSpeedIsWithinBounds() {
        assertThat(MachineSpeed.measured().slowness()).isBetween(1.0, 20.0);
    }
}
