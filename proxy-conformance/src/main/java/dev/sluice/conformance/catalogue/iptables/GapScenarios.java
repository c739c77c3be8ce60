// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.iptables;

import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.core.config.ProxyMode.IPTABLES;
import static dev.sluice.core.config.ProxyMode.NFTABLES;

import dev.sluice.conformance.scenario.DaemonSetup;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.drills.gap.GapCounts;
import dev.sluice.drills.gap.GapRun;
import dev.sluice.drills.gap.ProxyUnderDrill;
import java.util.List;
import org.assertj.core.api.Assertions;

/** The short form of {@code dev/drill gap}. */
public final class GapScenarios {
    private static final long SEED = 47;
    private static final int CHANGES = 10;
    private static final int CROWD = 300;
    private static final int PER_SECOND = 150;

    private GapScenarios() {}

    public static List<Scenario> all() {
        return List.of(
                scenario("no-gap", "39, 186", "no new connection suffers while Services change and the daemon restarts")
                        .in(IPTABLES, NFTABLES)
                        .setup(DaemonSetup.DEFAULT
                                .with("--nodeport-addresses=0.0.0.0/0,::/0")
                                .alone())
                        .act("new connections under changes", GapScenarios::expectNoGap)
                        .build());
    }

    private static void expectNoGap(Stage stage) throws InterruptedException {
        try (GapRun run = new GapRun(stage.lab(), stage.family(), proxy(stage), SEED, CROWD, PER_SECOND).begin()) {
            run.change(CHANGES);
            run.restart();
            run.change(CHANGES - 1);
            GapCounts counts = run.counts();
            Assertions.assertThat(counts.connections()).as("connections").isGreaterThan(100);
            Assertions.assertThat(counts.isSeamless())
                    .as("%s, first mishaps: %s", counts, counts.mishaps())
                    .isTrue();
        }
    }

    private static ProxyUnderDrill proxy(Stage stage) {
        return new ProxyUnderDrill() {
            @Override
            public void write(String file, String yaml) {
                stage.session().write(file, yaml);
            }

            @Override
            public void kill() {
                stage.daemon().kill();
            }

            @Override
            public void start() {
                stage.session().start();
            }
        };
    }
}
