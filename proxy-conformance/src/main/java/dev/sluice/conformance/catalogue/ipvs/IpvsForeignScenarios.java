// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.ipvs;

import static dev.sluice.conformance.scenario.Expected.Fails.REFUSED;
import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.conformance.scenario.ServiceTemplate.service;
import static dev.sluice.core.config.ProxyMode.IPVS;
import static dev.sluice.core.net.Protocol.TCP;

import dev.sluice.conformance.observe.NodeState;
import dev.sluice.conformance.scenario.DaemonSetup;
import dev.sluice.conformance.scenario.Probe;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.ServiceTemplate;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.LabHost;
import java.util.List;
import org.assertj.core.api.Assertions;

/** A foreign virtual server at the address and port of a Service. */
public final class IpvsForeignScenarios {
    private static final Probe HTTP = fromPod("a3").to("web", 80).times(4);

    private IpvsForeignScenarios() {}

    public static List<Scenario> all() {
        return List.of(scenario(
                        "foreign-server",
                        "129, trap 24",
                        "another program's virtual server at a Service's own address: left alone, reported, and"
                                + " succeeded")
                .in(IPVS)
                .setup(DaemonSetup.DEFAULT.alone().with("--ipvs-sync-period=10m"))
                .act("ipvsadm -A", IpvsForeignScenarios::make)
                .given(web())
                .then(fromPod("a3").to("web", 443).times(4), reaches("a2"))
                .act("reported", stage -> NodeState.expectProblem(stage, "web", "spec.ports[http]", "another program"))
                .act("left alone", IpvsForeignScenarios::expectLeftAlone)
                .act("a restart", stage -> {
                    stage.daemon().kill();
                    stage.session().start();
                })
                .act("still left alone", IpvsForeignScenarios::expectLeftAlone)
                .then(fromPod("a3").to("web", 443).times(4), reaches("a2"))
                .act(
                        "ipvsadm -D",
                        stage -> stage.lab()
                                .node()
                                .run("ipvsadm", "-D", "-t", at(stage))
                                .orThrow())
                .then(HTTP, reaches("a2"))
                .build());
    }

    private static ServiceTemplate web() {
        return service("web")
                .port("http", TCP, 80, 8080)
                .port("https", TCP, 443, 9090)
                .on("a2");
    }

    private static String at(Stage stage) {
        return stage.allotment().clusterIp("web").withPort(80);
    }

    private static String server(Stage stage) {
        return LabAddresses.of("b4", stage.family()).withPort(8080);
    }

    private static void make(Stage stage) {
        LabHost node = stage.lab().node();
        node.run("ipvsadm", "-A", "-t", at(stage), "-s", "wlc").orThrow();
        node.run("ipvsadm", "-a", "-t", at(stage), "-r", server(stage), "-m").orThrow();
    }

    /** Checks that the foreign virtual server is kept, and that the proxy's sets do not contain it. */
    private static void expectLeftAlone(Stage stage) {
        LabHost node = stage.lab().node();
        Assertions.assertThat(NodeState.virtualServers(node).lines())
                .filteredOn(line -> line.contains(at(stage) + " "))
                .hasSize(2)
                .anyMatch(line -> line.endsWith("-s wlc"))
                .anyMatch(line -> line.contains(" -r " + server(stage) + " "));
        String element = stage.allotment().clusterIp("web") + ",tcp:80";
        Assertions.assertThat(node.run("ipset", "save").orThrow()).doesNotContain(" " + element);
        stage.check(HTTP, REFUSED); // as for every port that the Service does not have
    }
}
