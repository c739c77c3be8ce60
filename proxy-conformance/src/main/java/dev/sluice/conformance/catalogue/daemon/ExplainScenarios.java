// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.daemon;

import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.web;
import static dev.sluice.conformance.scenario.Scenario.scenario;

import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.testkit.daemon.AotCache;
import dev.sluice.testkit.lab.CommandResult;
import dev.sluice.testkit.lab.LabAddresses;
import java.util.List;
import org.assertj.core.api.Assertions;

/** The {@code explain} command. Every other scenario compares its answers with real packets. */
public final class ExplainScenarios {
    private ExplainScenarios() {}

    public static List<Scenario> all() {
        return List.of(scenario("explain", "-", "'sluice explain' on the node shows where a packet goes")
                .once()
                .given(web())
                .then(fromPod("a3").to("web", 80), reaches("b2"))
                .act("the command answers", ExplainScenarios::expectAnswers)
                .build());
    }

    private static void expectAnswers(Stage stage) {
        String from = LabAddresses.of("a3", stage.family()).toString();
        String pod = LabAddresses.of("b2", stage.family()).withPort(8080);
        String target = stage.allotment().clusterIp("web").withPort(80) + "/TCP";
        Assertions.assertThat(explain(stage, target, "--from", from, "--interface", "pod-a3")
                        .orThrow())
                .contains("Service " + stage.allotment().namespace() + "/web: forwarded to one of", "100.0 %  " + pod);
        CommandResult wrong = explain(stage, "web:80");
        Assertions.assertThat(wrong.exitCode()).isEqualTo(1);
        Assertions.assertThat(wrong.output()).contains("want ADDRESS:PORT");
    }

    private static CommandResult explain(Stage stage, String... arguments) {
        String[] command = new String[arguments.length + 2];
        command[0] = AotCache.launcher().toString();
        command[1] = "explain";
        System.arraycopy(arguments, 0, command, 2, arguments.length);
        return stage.lab().node().run(command);
    }
}
