// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.daemon;

import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.web;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.core.config.ProxyMode.IPTABLES;
import static dev.sluice.core.config.ProxyMode.IPVS;
import static dev.sluice.core.config.ProxyMode.NFTABLES;
import static dev.sluice.core.net.IpFamily.IPV4;

import dev.sluice.conformance.observe.NodeState;
import dev.sluice.conformance.scenario.DaemonSetup;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.linux.sysctl.KernelFiles;
import dev.sluice.testkit.daemon.DaemonProcess;
import dev.sluice.testkit.daemon.HttpPage;
import dev.sluice.testkit.lab.CommandResult;
import dev.sluice.testkit.lab.LabHost;
import dev.sluice.testkit.lab.TextFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.Assertions;

/** The command line, the configuration file, and starts under unusual conditions. */
public final class CommandScenarios {
    private static final DaemonSetup UNSTARTED = DaemonSetup.DEFAULT.alone().unstarted();

    private CommandScenarios() {}

    public static List<Scenario> all() {
        return List.of(
                scenario(
                                "command-refused",
                                "237, 238, 239, 243, 244, 245, 246",
                                "a wrong command line or file: a clear error, exit 1")
                        .in(IPTABLES)
                        .once()
                        .setup(UNSTARTED)
                        .act(
                                "--version",
                                stage -> Assertions.assertThat(
                                                DaemonProcess.run(stage.lab().node(), "--version")
                                                        .orThrow())
                                        .contains("v1.36"))
                        .act("an unknown flag", stage -> refused(stage, "--no-such-flag", "--no-such-flag"))
                        .act("an argument", stage -> refused(stage, "argument", "argument"))
                        .act(
                                "a gate that is locked",
                                stage -> refused(stage, "--feature-gates=NFTablesProxyMode=false", "locked to true"))
                        .act("a wrong type", stage -> refusedFile(stage, "oomScoreAdj: low", "oomScoreAdj"))
                        .act(
                                "mistakes in a file, all at once",
                                stage -> refusedFile(stage, """
                                    iptables: {masqueradeBit: 32, syncPeriod: 1s, minSyncPeriod: 2s}
                                    nodePortAddresses: [primary, 10.0.0.0/8]
                                    """, "masqueradeBit", "minSyncPeriod", "nodePortAddresses"))
                        .build(),
                scenario(
                                "command-config",
                                "240, 241, 242, 248, 249, 250, 251",
                                "the written configuration starts, and is watched")
                        .in(IPTABLES)
                        .once()
                        .setup(UNSTARTED)
                        .act("write, start, change", CommandScenarios::configFile)
                        .build(),
                scenario("init-only", "256", "--init-only sets kernel parameters, and no rule")
                        .in(IPTABLES, IPVS, NFTABLES)
                        .once()
                        .setup(UNSTARTED)
                        .act("run", CommandScenarios::initOnly)
                        .build(),
                scenario("no-ipv6", "144", "with IPv6 switched off on the node IPv4 is served alone")
                        .in(IPTABLES)
                        .once()
                        .setup(UNSTARTED)
                        .act("switch it off and start", stage -> {
                            stage.lab()
                                    .node()
                                    .run("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1")
                                    .orThrow();
                            stage.session().launch();
                            stage.session().awaitReady(IPV4);
                            HttpPage healthz = stage.daemon().healthz();
                            Assertions.assertThat(healthz.body())
                                    .contains("IPv4")
                                    .doesNotContain("\"IPv6\"");
                            NodeState.expectLogged(stage, "IPv6 is not served");
                        })
                        .act("traffic", CommandScenarios::ipv4Traffic)
                        .build(),
                scenario("node-cidr-changes", "262, 264, 265", "in mode NodeCIDR other podCIDRs end the process")
                        .in(IPTABLES)
                        .once()
                        .setup(UNSTARTED)
                        .act("change them", stage -> {
                            // lowering the score, as the default does, needs a privilege that containers lack
                            stage.session().launch("--detect-local-mode=NodeCIDR", "--oom-score-adj=321");
                            stage.session().awaitReady(IPV4);
                            Path score = Path.of(
                                    "/proc", Long.toString(stage.daemon().pid()), "oom_score_adj");
                            Assertions.assertThat(KernelFiles.read(score).strip())
                                    .isEqualTo("321");
                            Assertions.assertThat(stage.daemon().logText())
                                    .as("--conntrack-max-per-core=0")
                                    .doesNotContain("nf_conntrack_max");
                            String node = DaemonSetup.DEFAULT.nodeManifest();
                            stage.session().node(node + "  conditions: []\n");
                            stage.session().node(node.replace("10.244.1.0/24", "10.244.7.0/24"));
                            Assertions.assertThat(stage.session().awaitEnd()).isEqualTo(1);
                            Assertions.assertThat(stage.daemon().logText()).contains("10.244.7.0/24");
                        })
                        .build());
    }

    private static void refused(Stage stage, String argument, String... named) {
        CommandResult result = DaemonProcess.run(stage.lab().node(), argument);
        Assertions.assertThat(result.exitCode()).as(argument).isEqualTo(1);
        Assertions.assertThat(result.output()).contains(named);
    }

    private static void refusedFile(Stage stage, String fields, String... named) throws IOException {
        Path file = stage.session().folder().resolve("refused.yaml");
        Files.writeString(file, HEAD + fields + "\n");
        refused(stage, "--config=" + file, named);
    }

    private static final String HEAD = """
        apiVersion: kubeproxy.config.k8s.io/v1alpha1
        kind: KubeProxyConfiguration
        """;

    private static void configFile(Stage stage) throws IOException {
        Path file = stage.session().folder().resolve("config.yaml");
        CommandResult written = DaemonProcess.run(
                stage.lab().node(),
                "--write-config-to=" + file,
                "--master=http://127.0.0.1:1",
                "--conntrack-max-per-core=0",
                "--cluster-cidr=10.244.0.0/16,fd00:244::/32",
                "--iptables-sync-period=20s");
        Assertions.assertThat(written.exitCode()).as(written.output()).isZero();
        String yaml = TextFile.read(file);
        Assertions.assertThat(yaml)
                .contains("mode: iptables", "detectLocalMode: ClusterCIDR", "maxPerCore: 0", "masqueradeBit: 14");

        Files.writeString(file, yaml + "sluiceKnowsNothingOfThis: 1\n");
        // a file takes precedence over flags, except over these
        stage.session().launch("--config=" + file, "--proxy-mode=ipvs", "--hostname-override=NODE-A", "-v=4");
        stage.session().awaitReady(IPV4);
        NodeState.expectLogged(stage, "sluiceKnowsNothingOfThis");
        Assertions.assertThat(stage.daemon().page("/proxyMode").body()).isEqualTo("iptables");
        HttpPage configz = stage.daemon().page("/configz");
        Assertions.assertThat(configz.body())
                .startsWith("{\"kubeproxy.config.k8s.io\":{")
                .contains(
                        "\"kind\":\"KubeProxyConfiguration\"",
                        "\"hostnameOverride\":\"node-a\"",
                        "\"verbosity\":4",
                        "\"syncPeriod\":\"20s\"");
        NodeState.expectLogged(stage, "ManifestDirectory] \"Reading "); // from -v=4 on
        Assertions.assertThat(stage.daemon().logText())
                .as("netlink messages come from -v=6 on")
                .doesNotContain(" wire] ");

        Path next = stage.session().folder().resolve("next.yaml");
        Files.writeString(next, yaml);
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
        Assertions.assertThat(stage.session().awaitEnd()).isEqualTo(1);
        Assertions.assertThat(stage.daemon().logText()).contains(file + " has changed");
    }

    private static void initOnly(Stage stage) {
        LabHost node = stage.lab().node();
        List<String> arguments = new ArrayList<>(stage.session().source());
        arguments.addAll(List.of(
                "--proxy-mode=" + stage.mode().flagValue(),
                "--hostname-override=node-a",
                "--conntrack-max-per-core=0",
                "--init-only"));
        String before = NodeState.dump(node);
        CommandResult result = DaemonProcess.run(node, arguments.toArray(String[]::new));
        Assertions.assertThat(result.exitCode()).as(result.output()).isZero();
        Assertions.assertThat(NodeState.dump(node)).as("rules").isEqualTo(before);
        if (stage.mode() == NFTABLES) {
            return; // it needs none
        }
        String parameter = stage.mode() == IPTABLES ? "net.ipv4.conf.all.route_localnet" : "net.ipv4.vs.conntrack";
        Assertions.assertThat(node.run("sysctl", "-n", parameter).orThrow().strip())
                .as(parameter)
                .isEqualTo("1");
    }

    private static void ipv4Traffic(Stage stage) {
        stage.session().write(stage.file(), stage.yaml(List.of(web())));
        stage.check(fromPod("a3").to("web", 80), reaches("b2"));
    }
}
