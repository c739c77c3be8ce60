// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.daemon.cli.CommandLineParser;
import dev.sluice.daemon.cli.Invocation;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EffectiveConfigTest {
    @TempDir
    Path folder;

    @Test
    void modesAreFilledInAndOnlyOneSectionHasPeriods() throws Exception {
        String yaml = yaml("--ipvs-sync-period=20s", "--proxy-mode=ipvs", "--hostname-override=NODE-A", "-v=3");
        assertThat(yaml)
                .contains(
                        "mode: ipvs\n",
                        "detectLocalMode: ClusterCIDR\n",
                        "hostnameOverride: node-a\n",
                        "verbosity: 3\n")
                .contains("  syncPeriod: 20s\n", "configSyncPeriod: 15m0s\n", "tcpEstablishedTimeout: 24h0m0s\n")
                .contains("nodePortAddresses: null\n", "excludeCIDRs: null\n");
        assertThat(yaml.split("syncPeriod: 0s", -1))
                .as("the other modes' periods")
                .hasSize(3);
        assertThat(yaml).startsWith("apiVersion: kubeproxy.config.k8s.io/v1alpha1\n");
    }

    @Test
    void whatIsWrittenIsReadAgain() throws Exception {
        String yaml = yaml(
                "--cluster-cidr=10.0.0.0/8,fd00::/64",
                "--nodeport-addresses=192.168.0.0/16",
                "--masquerade-all",
                "--iptables-min-sync-period=250ms",
                "--conntrack-max-per-core=0",
                "--metrics-bind-address=[::1]:1234",
                "--feature-gates=SomeGate=true");
        Path file = folder.resolve("config.yaml");
        Files.writeString(file, yaml);
        ConfigFile read = ConfigFile.read(file, KnownModes.SCHEMA);
        Invocation flags = new CommandLineParser(KnownModes.SCHEMA).parse();
        Settings again = SettingsReader.read(read.values(), flags.overrides(), KnownModes.MODULES);
        assertThat(read.warnings()).filteredOn(w -> w.contains("unknown")).isEmpty();
        assertThat(EffectiveConfig.of(read.values(), again).yaml()).isEqualTo(yaml);
        assertThat(again.metrics().getPort()).isEqualTo(1234);
    }

    /** kube-proxy has no flags of nftables mode's own; a configuration file names its fields. */
    @Test
    void flagsOfIptablesModeSetTheFieldsOfNftablesMode() throws Exception {
        String[] flags = {"--masquerade-all", "--iptables-sync-period=12s", "--iptables-min-sync-period=250ms"};
        String[] mode = {"--proxy-mode=nftables", flags[0], flags[1], flags[2]};
        assertThat(yaml(mode).replaceAll("\\s+", " "))
                .contains("nftables: masqueradeAll: true masqueradeBit: 14 minSyncPeriod: 250ms syncPeriod: 12s");
        assertThat(yaml(flags).replaceAll("\\s+", " "))
                .contains("nftables: masqueradeAll: false masqueradeBit: 14 minSyncPeriod: 0s syncPeriod: 0s");
        String[] own = {"--proxy-mode=nftables", flags[1], "--nftables-sync-period=9s"};
        assertThat(yaml(own).replaceAll("\\s+", " ")).contains("minSyncPeriod: 1s syncPeriod: 9s");

        Path file = folder.resolve("nftables.yaml");
        Files.writeString(file, """
            apiVersion: kubeproxy.config.k8s.io/v1alpha1
            kind: KubeProxyConfiguration
            mode: nftables
            iptables:
              masqueradeAll: true
              syncPeriod: 12s
            """);
        ConfigFile read = ConfigFile.read(file, KnownModes.SCHEMA);
        Invocation none = new CommandLineParser(KnownModes.SCHEMA).parse();
        Settings settings = SettingsReader.read(read.values(), none.overrides(), KnownModes.MODULES);
        assertThat(EffectiveConfig.of(read.values(), settings).yaml().replaceAll("\\s+", " "))
                .contains("nftables: masqueradeAll: false masqueradeBit: 14 minSyncPeriod: 1s syncPeriod: 30s");
    }

    @Test
    void configzIsOneLineOfJsonUnderTheGroup() throws Exception {
        Invocation call = new CommandLineParser(KnownModes.SCHEMA).parse("--nodeport-addresses=192.168.0.0/16");
        String json = EffectiveConfig.of(
                        call.values(), SettingsReader.read(call.values(), call.overrides(), KnownModes.MODULES))
                .configz();
        assertThat(json)
                .startsWith("{\"kubeproxy.config.k8s.io\":{\"apiVersion\":\"kubeproxy.config.k8s.io/v1alpha1\",")
                .contains("\"kind\":\"KubeProxyConfiguration\"", "\"nodePortAddresses\":[\"192.168.0.0/16\"]")
                .contains("\"maxPerCore\":32768", "\"qps\":5}", "\"localhostNodePorts\":true")
                .endsWith("}}");
    }

    private static String yaml(String... flags) throws ConfigException {
        Invocation call = new CommandLineParser(KnownModes.SCHEMA).parse(flags);
        return EffectiveConfig.of(
                        call.values(), SettingsReader.read(call.values(), call.overrides(), KnownModes.MODULES))
                .yaml();
    }
}
