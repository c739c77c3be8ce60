// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.daemon;

import static dev.sluice.conformance.scenario.Expected.Fails.NOT_SERVED;
import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromClient;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.conformance.scenario.ServiceTemplate.service;
import static dev.sluice.core.config.ProxyMode.IPTABLES;
import static dev.sluice.core.config.ProxyMode.IPVS;
import static dev.sluice.core.config.ProxyMode.NFTABLES;
import static dev.sluice.core.config.ProxyMode.USERSPACE;

import dev.sluice.conformance.observe.NodeState;
import dev.sluice.conformance.scenario.DaemonSetup;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.ServiceTemplate;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.testkit.lab.LabHost;
import java.util.List;
import org.assertj.core.api.Assertions;

/** A change of mode on the same node: the new mode applies its rules first, then removes the leftovers. */
public final class LeftoverScenarios {
    private static final String KUBE_PROXY_TABLES = """
        add table ip kube-proxy
        add chain ip kube-proxy services
        add table ip6 kube-proxy
        add table ip others
        """;
    private static final DaemonSetup UNSTARTED = DaemonSetup.DEFAULT.alone().unstarted();

    private LeftoverScenarios() {}

    public static List<Scenario> all() {
        return List.of(
                scenario(
                                "after-userspace",
                                "253, 255",
                                "a start after userspace mode leaves none of its rules and sets")
                        .in(IPTABLES)
                        .once()
                        .setup(UNSTARTED)
                        .act("userspace, then this mode", stage -> switchFrom(stage, USERSPACE))
                        .build(),
                scenario("after-iptables", "253, 255", "a start after iptables mode leaves none of its rules")
                        .in(USERSPACE)
                        .once()
                        .setup(UNSTARTED)
                        .act("iptables, then this mode", stage -> switchFrom(stage, IPTABLES))
                        .build(),
                scenario(
                                "after-ipvs",
                                "253, 255",
                                "a start of iptables mode after ipvs mode leaves none of its rules, sets and servers")
                        .in(IPVS)
                        .once()
                        .setup(UNSTARTED)
                        .act("this mode, then iptables", stage -> switchModes(stage, IPVS, IPTABLES))
                        .build(),
                scenario("ipvs-after-iptables", "253, 255", "a start after iptables mode leaves none of its rules")
                        .in(IPVS)
                        .once()
                        .setup(UNSTARTED)
                        .act("iptables, then this mode", stage -> switchFrom(stage, IPTABLES))
                        .build(),
                scenario(
                                "nftables-after-iptables",
                                "253",
                                "from iptables mode to this one and back no connection is lost and no rule is left")
                        .in(NFTABLES)
                        .once()
                        .setup(UNSTARTED)
                        .act("iptables, this mode, iptables", LeftoverScenarios::thereAndBack)
                        .build(),
                scenario("nftables-after-userspace", "253, 255", "a start after userspace mode leaves nothing of it")
                        .in(NFTABLES)
                        .once()
                        .setup(UNSTARTED)
                        .act("userspace, then this mode", stage -> switchFrom(stage, USERSPACE))
                        .build(),
                scenario("after-nftables", "254", "a start after kube-proxy's mode nftables leaves none of its tables")
                        .in(IPTABLES, NFTABLES)
                        .once()
                        .setup(UNSTARTED)
                        .act("tables of kube-proxy and of somebody else", stage -> {
                            LabHost node = stage.lab().node();
                            node.feed(KUBE_PROXY_TABLES, "nft", "-f", "-").orThrow();
                            stage.session().start();
                            stage.eventually(
                                    "the tables are gone", () -> !tables(node).contains("kube-proxy"));
                            Assertions.assertThat(tables(node)).contains("table ip others");
                        })
                        .build());
    }

    private static String tables(LabHost node) {
        return node.run("nft", "list", "tables").orThrow();
    }

    private static void switchFrom(Stage stage, ProxyMode before) {
        switchModes(stage, before, stage.mode());
    }

    private static void switchModes(Stage stage, ProxyMode before, ProxyMode after) {
        start(stage, before);
        stage.given(List.of(
                web("a2"),
                service("goes")
                        .dualStack()
                        .port(82, 8080)
                        .on("b2")
                        .loadBalancer()
                        .spec("sessionAffinity", "ClientIP"),
                service("dns")
                        .dualStack()
                        .port("dns", Protocol.UDP, 53, 5353)
                        .on("b2")
                        .nodePort(),
                service("empty").dualStack().port(83, 8080)));
        stage.check(fromPod("a3").to("goes", 82), reaches("b2"));
        stage.session().terminate();
        stage.session().write(stage.file(), stage.yaml(List.of(web("b3"))));
        start(stage, after);
        stage.check(fromPod("a3").to("web", 80).times(4), reaches("b3"));
        stage.check(fromClient().toNodePort("web", 80).times(4), reaches("b3"));
        stage.check(fromPod("a3").to("goes", 82), NOT_SERVED);
        stage.eventually(
                "nothing of mode " + before + " is left",
                () -> leftovers(stage, before, after).isEmpty());
        stage.session().terminate();
    }

    /** Connections opened in each mode are used in the next one. */
    private static void thereAndBack(Stage stage) {
        start(stage, IPTABLES);
        stage.given(List.of(web("a2", "b2")));
        stage.open("first", fromPod("a3").to("web", 80));
        stage.open("outside", fromClient().toNodePort("web", 80));
        switchUnder(stage, NFTABLES, leftoversOf(IPTABLES));
        stage.open("second", fromPod("a3").to("web", 80));
        switchUnder(stage, IPTABLES, leftoversOf(NFTABLES));
        stage.stillOpen("second");
    }

    private static void switchUnder(Stage stage, ProxyMode after, List<String> gone) {
        stage.session().terminate();
        start(stage, after);
        stage.eventually(
                "what was left of the mode before",
                () -> NodeState.dump(stage.lab().node()),
                dump -> gone.stream().noneMatch(dump::contains));
        stage.stillOpen("first");
        stage.stillOpen("outside");
        stage.check(fromPod("a3").to("web", 80).times(10), reaches("a2", "b2").each());
        stage.check(
                fromClient().toNodePort("web", 80).times(10),
                reaches("a2", "b2").each());
    }

    private static void start(Stage stage, ProxyMode mode) {
        stage.session().launch("--proxy-mode=" + mode.flagValue());
        stage.session().awaitReady(IpFamily.values());
    }

    private static ServiceTemplate web(String... pods) {
        return service("web").dualStack().port(80, 8080).on(pods).nodePort();
    }

    /** The lines that only the mode before makes. */
    private static List<String> leftovers(Stage stage, ProxyMode before, ProxyMode after) {
        List<String> words = leftoversOf(before);
        return NodeState.dump(stage.lab().node())
                .lines()
                .filter(line -> words.stream().anyMatch(line::contains))
                .filter(line -> after != IPTABLES || !line.contains("10.96.") || !line.startsWith("-A KUBE-"))
                .filter(line -> after != USERSPACE || !line.contains("SLUICE-"))
                .toList();
    }

    private static List<String> leftoversOf(ProxyMode before) {
        return switch (before) {
            case USERSPACE -> List.of("SLUICE-", "lookup 8250", "dev lo");
            case NFTABLES -> List.of("table ip sluice {", "table ip6 sluice {");
            case IPTABLES ->
                List.of(
                        "KUBE-SVC-",
                        "KUBE-SEP-",
                        "KUBE-6-SEP-",
                        "KUBE-EXT-",
                        "KUBE-EXTERNAL-SERVICES",
                        "KUBE-NODEPORTS");
            case IPVS ->
                List.of(
                        "KUBE-NODE-PORT",
                        "KUBE-LOAD-BALANCER",
                        "KUBE-IPVS-",
                        "KUBE-CLUSTER-IP",
                        "kube-ipvs0",
                        "10.96.");
        };
    }
}
