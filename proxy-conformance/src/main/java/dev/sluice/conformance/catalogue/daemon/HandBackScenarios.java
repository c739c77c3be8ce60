// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.daemon;

import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.core.config.ProxyMode.IPTABLES;
import static dev.sluice.core.config.ProxyMode.NFTABLES;
import static dev.sluice.core.config.ProxyMode.USERSPACE;

import dev.sluice.conformance.scenario.DaemonSetup;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.drills.handback.HandBackRun;
import dev.sluice.drills.handback.PhaseCounts;
import dev.sluice.testkit.lab.TemporaryFolder;
import dev.sluice.testkit.upstream.KubeProxyStandIn;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.Assertions;

/** A node that goes from kube-proxy to Sluice and back under traffic: the drill, once. */
public final class HandBackScenarios {
    private HandBackScenarios() {}

    public static List<Scenario> all() {
        return List.of(scenario(
                        "hand-back",
                        "-",
                        "a node goes from kube-proxy to this mode and back, and nothing is lost or left")
                .in(IPTABLES, USERSPACE, NFTABLES)
                .once()
                .setup(DaemonSetup.DEFAULT.alone().unstarted())
                .act("kube-proxy, then the daemon, then kube-proxy", HandBackScenarios::thereAndBack)
                .build());
    }

    private static KubeProxyStandIn.Mode upstream(Stage stage) {
        return stage.mode() == NFTABLES ? KubeProxyStandIn.Mode.NFTABLES : KubeProxyStandIn.Mode.IPTABLES;
    }

    private static void thereAndBack(Stage stage) throws IOException {
        List<PhaseCounts> phases = new ArrayList<>();
        try (TemporaryFolder folder = new TemporaryFolder("hand-back");
                HandBackRun run =
                        new HandBackRun(stage.lab(), stage.mode(), upstream(stage), folder.path(), phases::add)) {
            run.run(false, stage.mode() != USERSPACE);
        }
        Assertions.assertThat(phases).hasSizeGreaterThan(3);
        for (PhaseCounts phase : phases) {
            Assertions.assertThat(phase.connections()).as(phase.phase()).isPositive();
            Assertions.assertThat(phase.failed() + phase.cut())
                    .as(phase.toString())
                    .isZero();
            // between the process that carried them and kube-proxy's rules nobody takes datagrams
            Assertions.assertThat(stage.mode() == USERSPACE ? 0 : phase.lostDatagrams())
                    .as(phase.toString())
                    .isZero();
        }
    }
}
