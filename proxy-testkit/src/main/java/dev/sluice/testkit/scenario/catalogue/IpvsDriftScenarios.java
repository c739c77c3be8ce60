package dev.sluice.testkit.scenario.catalogue;

import static dev.sluice.core.config.ProxyMode.IPVS;
import static dev.sluice.testkit.scenario.Expected.reaches;
import static dev.sluice.testkit.scenario.Probe.fromClient;
import static dev.sluice.testkit.scenario.Probe.fromPod;
import static dev.sluice.testkit.scenario.Scenario.scenario;
import static dev.sluice.testkit.scenario.ServiceTemplate.service;

import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.lab.LabHost;
import dev.sluice.testkit.scenario.DaemonSetup;
import dev.sluice.testkit.scenario.Scenario;
import dev.sluice.testkit.scenario.Stage;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Somebody else takes virtual servers, set elements or addresses of the proxy away: they are back soon, and it is told. */
final class IpvsDriftScenarios {
    private static final DaemonSetup NO_FULL_SYNC = DaemonSetup.USUAL.alone().with("--ipvs-sync-period=10m");

    private IpvsDriftScenarios() {}

    static List<Scenario> all() {
        return List.of(
                drift("drift-servers", "all virtual servers deleted: they are back")
                        .act("ipvsadm -C", stage -> expectMended(stage, "ipvs", "ipvsadm", "-C"))
                        .then(
                                fromPod("a3").to("web", 80).times(6),
                                reaches("a2", "b2").each())
                        .then(fromClient().toNodePort("web", 80), reaches("a2", "b2"))
                        .build(),
                drift("drift-set", "a set flushed: its elements are back")
                        .act("ipset flush", stage -> expectMended(stage, "ipset", "ipset", "flush", clusterIps(stage)))
                        .then(
                                fromPod("a3").to("web", 80).times(6),
                                reaches("a2", "b2").each())
                        .build(),
                drift("drift-address", "a Service's address deleted: it is back, noticed by rtnetlink")
                        .act("ip addr del", stage -> {
                            String vip = stage.allotment().clusterIp("web") + prefix(stage);
                            expectMended(stage, "addresses", "ip", "addr", "del", vip, "dev", "kube-ipvs0");
                        })
                        .then(
                                fromPod("a3").to("web", 80).times(6),
                                reaches("a2", "b2").each())
                        .build(),
                drift("drift-device", "the dummy device deleted: it is back with its addresses")
                        .act(
                                "ip link del",
                                stage -> expectMended(stage, "addresses", "ip", "link", "del", "kube-ipvs0"))
                        .then(
                                fromPod("a3").to("web", 80).times(6),
                                reaches("a2", "b2").each())
                        .build());
    }

    private static Scenario.Builder drift(String id, String behaviour) {
        return scenario(id, "149, trap 26", behaviour)
                .in(IPVS)
                .setup(NO_FULL_SYNC)
                .given(service("web").port(80, 8080).on("a2", "b2").nodePort())
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

    /** Runs {@code command}, and waits until all is as before, told in the log, and counted. */
    private static void expectMended(Stage stage, String kind, String... command) {
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

    /** What is there, in no order. */
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
