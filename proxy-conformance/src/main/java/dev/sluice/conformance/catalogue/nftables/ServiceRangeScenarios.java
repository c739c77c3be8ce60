// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.nftables;

import static dev.sluice.conformance.scenario.Expected.Fails.REFUSED;
import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.web;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.core.config.ProxyMode.NFTABLES;

import dev.sluice.conformance.scenario.DaemonSetup;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.trace.Trace.Verdict;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.LabHost;
import dev.sluice.testkit.lab.Outcome;
import java.io.IOException;
import java.util.List;
import org.assertj.core.api.Assertions;

/** Cluster addresses that no Service has, where the ranges of cluster addresses are known. */
public final class ServiceRangeScenarios {
    private static final String FILE = "ranges.yaml";
    private static final String RANGES = """
            apiVersion: networking.k8s.io/v1
            kind: ServiceCIDR
            metadata: {name: kubernetes}
            spec: {cidrs: [10.96.0.0/16, "fd00:96::/112"]}
            """;
    private static final String NONE = "";

    private ServiceRangeScenarios() {}

    public static List<Scenario> all() {
        return List.of(scenario(
                        "service-ranges",
                        "37",
                        "packets to unused addresses of ServiceCIDRs are dropped, as soon as those are known")
                .in(NFTABLES)
                .setup(DaemonSetup.DEFAULT.alone())
                .given(web("b2"))
                .act("another host has an unused address of the range", ServiceRangeScenarios::lendAddress)
                .act("it refuses, being reached", stage -> expect(stage, new Outcome.Refused(), Verdict.NOT_A_SERVICE))
                .act("the range becomes known", stage -> stage.session().write(FILE, RANGES))
                .act("its packets are dropped", stage -> expect(stage, new Outcome.TimedOut(), Verdict.DROP))
                .then(fromPod("a3").to("web", 80), reaches("b2"))
                .then(fromPod("a3").to("web", 99), REFUSED)
                .act("the range is gone", stage -> stage.session().write(FILE, NONE))
                .act("it is reached again", stage -> expect(stage, new Outcome.Refused(), Verdict.NOT_A_SERVICE))
                .build());
    }

    private static IpAddress unused(IpFamily family) {
        return IpAddress.of(family == IpFamily.IPV4 ? "10.96.200.200" : "fd00:96::c8c8");
    }

    private static void lendAddress(Stage stage) {
        IpFamily family = stage.family();
        String length = family == IpFamily.IPV4 ? "/32" : "/128";
        LabHost client = stage.lab().client();
        client.run("ip", "address", "add", unused(family) + length, "dev", "lo").orThrow();
        stage.lab()
                .node()
                .run(
                        "ip",
                        "route",
                        "add",
                        unused(family) + length,
                        "via",
                        client.address(family).toString())
                .orThrow();
    }

    private static void expect(Stage stage, Outcome expected, Verdict verdict) {
        IpAddress address = unused(stage.family());
        stage.eventually(
                "TCP to an unused address: " + expected,
                () -> stage.lab().pod("a3").tcp(address, 80).equals(expected));
        Assertions.assertThat(stage.lab().pod("a3").udp(address, 80)).as("UDP").isEqualTo(expected);
        // a process is told at once that its datagram was dropped, but not its SYN
        Assertions.assertThat(stage.lab().node().tcp(address, 80))
                .as("TCP from the node")
                .isEqualTo(expected);
        stage.eventually("explain says " + verdict, () -> explained(stage, address) == verdict);
    }

    private static Verdict explained(Stage stage, IpAddress to) throws IOException {
        IpAddress pod = LabAddresses.of("a3", to.family());
        return stage.daemon()
                .explain(Protocol.TCP, pod, to, 80, LabAddresses.interfaceTo("a3"))
                .verdict();
    }
}
