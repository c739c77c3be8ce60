// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.ipvs;

import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromClient;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.web;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.conformance.scenario.ServiceTemplate.service;
import static dev.sluice.core.config.ProxyMode.IPVS;

import dev.sluice.conformance.observe.NodeState;
import dev.sluice.conformance.scenario.DaemonSetup;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.ServiceTemplate;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.testkit.lab.LabHost;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.assertj.core.api.Assertions;

/**
 * Repair of virtual servers, set elements and addresses that another program removed. Each repair is soon done, and
 * logged.
 */
public final class IpvsDriftScenarios {
    private static final DaemonSetup NO_FULL_SYNC = DaemonSetup.DEFAULT.alone().with("--ipvs-sync-period=10m");

    private static final int PORTS = 60;

    private IpvsDriftScenarios() {}

    public static List<Scenario> all() {
        return List.of(
                drift("drift-servers", "all virtual servers deleted: they are back")
                        .act("ipvsadm -C", stage -> expectRepaired(stage, "ipvs", "ipvsadm", "-C"))
                        .then(
                                fromPod("a3").to("web", 80).times(6),
                                reaches("a2", "b2").each())
                        .then(fromClient().toNodePort("web", 80), reaches("a2", "b2"))
                        .build(),
                drift("drift-set", "a set flushed: its elements are back")
                        .act(
                                "ipset flush",
                                stage -> expectRepaired(stage, "ipset", "ipset", "flush", clusterIps(stage)))
                        .then(
                                fromPod("a3").to("web", 80).times(6),
                                reaches("a2", "b2").each())
                        .build(),
                drift("drift-address", "a Service's address deleted: it is back, noticed by rtnetlink")
                        .act("ip addr del", stage -> {
                            String vip = stage.allotment().clusterIp("web") + prefix(stage);
                            expectRepaired(stage, "addresses", "ip", "addr", "del", vip, "dev", "kube-ipvs0");
                        })
                        .then(
                                fromPod("a3").to("web", 80).times(6),
                                reaches("a2", "b2").each())
                        .build(),
                drift("drift-device", "the dummy device deleted: it is back with its addresses")
                        .act(
                                "ip link del",
                                stage -> expectRepaired(stage, "addresses", "ip", "link", "del", "kube-ipvs0"))
                        .then(
                                fromPod("a3").to("web", 80).times(6),
                                reaches("a2", "b2").each())
                        .build(),
                scenario(
                                "drift-none-by-others",
                                "149, trap 26",
                                "many virtual servers of another network namespace: no server of ours is taken for"
                                        + " lost")
                        .in(IPVS)
                        .once() // in both families at the same time, because the kernel has one table
                        .setup(NO_FULL_SYNC)
                        .given(manyPorts())
                        .open("held", fromPod("a3").to("web", 8000))
                        .act(
                                "another namespace has many too",
                                stage -> makeForeign(stage.lab().client()))
                        .act("what is looked at is found whole", IpvsDriftScenarios::expectNothingToRepair)
                        .act("and so is what a start finds", IpvsDriftScenarios::expectNothingToMake)
                        .stillOpen("held")
                        .then(
                                fromPod("a3").to("web", 8000 + PORTS - 1).times(6),
                                reaches("a2", "b2").each())
                        .act(
                                "the others are gone",
                                stage -> stage.lab()
                                        .client()
                                        .run("ipvsadm", "-C")
                                        .orThrow())
                        .build());
    }

    /** Enough ports that the kernel's table is read in several parts. */
    private static ServiceTemplate manyPorts() {
        ServiceTemplate web = service("web").dualStack();
        for (int port = 8000; port < 8000 + PORTS; port++) {
            web.port("p" + port, Protocol.TCP, port, 8080);
        }
        return web.on("a2", "b2");
    }

    private static void makeForeign(LabHost host) {
        StringBuilder rules = new StringBuilder();
        for (int port = 1; port <= 4 * PORTS; port++) {
            for (String address : List.of("198.51.100.9", "[2001:db8:51::9]")) {
                rules.append("-A -t %s:%d -s rr\n".formatted(address, port));
                rules.append("-a -t %s:%d -r %s:%d -m\n".formatted(address, port, address, port));
            }
        }
        host.feed(rules.toString(), "ipvsadm", "-R").orThrow();
    }

    /** Deletes an address twice: each time everything is compared, and no virtual server may differ. */
    private static void expectNothingToRepair(Stage stage) throws Exception {
        String vip = stage.allotment().clusterIp("web") + prefix(stage);
        for (int look = 0; look < 2; look++) {
            expectRepaired(stage, "addresses", "ip", "addr", "del", vip, "dev", "kube-ipvs0");
        }
        Assertions.assertThat(stage.daemon().metrics())
                .doesNotContainPattern("sluice_rule_repairs_total\\{[^}]*\"ipvs\"");
    }

    /** A start that had to create this many servers would send hundreds of messages to the kernel. */
    private static void expectNothingToMake(Stage stage) throws Exception {
        stage.daemon().kill();
        stage.session().start();
        for (IpFamily family : IpFamily.values()) {
            String messages = "sluice_kernel_messages_total{ip_family=\"" + family.label() + "\"}";
            Assertions.assertThat(stage.daemon().metric(messages).orElseThrow())
                    .as(messages)
                    .isLessThan(PORTS);
        }
    }

    private static Scenario.Builder drift(String id, String behaviour) {
        return scenario(id, "149, trap 26", behaviour)
                .in(IPVS)
                .setup(NO_FULL_SYNC)
                .given(web("a2", "b2").nodePort())
                .then(fromPod("a3").to("web", 80).times(6), reaches("a2", "b2").each())
                .act(
                        "the watch is open",
                        stage -> NodeState.expectLogged(stage, "rules that others change are noticed by"));
    }

    private static String prefix(Stage stage) {
        return stage.family() == IpFamily.IPV4 ? "/32" : "/128";
    }

    private static String clusterIps(Stage stage) {
        return stage.family() == IpFamily.IPV4 ? "KUBE-CLUSTER-IP" : "KUBE-6-CLUSTER-IP";
    }

    /** Runs {@code command}, and waits until everything is repaired, logged and counted. */
    private static void expectRepaired(Stage stage, String kind, String... command) {
        LabHost node = stage.lab().node();
        List<String> before = state(node);
        node.run(command).orThrow();
        stage.eventually("all is as before", () -> state(node).equals(before));
        NodeState.expectLine(
                stage,
                List.of("another program changed " + stage.family().label() + " rules of the proxy", kind + " ("));
        stage.eventually(
                "the metric counts",
                () -> stage.daemon()
                        .metrics()
                        .lines()
                        .anyMatch(l -> l.startsWith("sluice_rule_repairs_total{") && l.contains("\"" + kind + "\"")));
    }

    /** The node's state, without order. */
    private static List<String> state(LabHost node) {
        List<String> lines = new ArrayList<>();
        lines.addAll(NodeState.virtualServers(node).lines().toList());
        lines.addAll(node.run("ipset", "save").output().lines().toList());
        lines.addAll(node.run("ip", "-o", "addr", "show", "dev", "kube-ipvs0")
                .output()
                .lines()
                .map(l -> l.replaceAll("^\\d+: ", "").replaceAll("\\s+", " "))
                .toList());
        return lines.stream().sorted().collect(Collectors.toList());
    }
}
