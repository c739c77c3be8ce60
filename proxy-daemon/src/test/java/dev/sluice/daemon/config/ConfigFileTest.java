// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.core.config.VmoduleRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigFileTest {
    private static final String HEAD = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n";

    @TempDir
    Path dir;

    @ParameterizedTest
    @CsvSource({
        "'---\n',''",
        "'','---\n'",
        "'---\n','---\n'",
        "'# of the site\n---\n','---\n# the end\n---\n'",
        "'---\n# nothing here\n---\n','...\n'",
        "'%YAML 1.2\n---\n',''",
        "'\ufeff',''"
    })
    void separatorsAndDocumentsOfCommentsAreNothing(String before, String after) throws Exception {
        for (String end : List.of("\n", "\r\n")) {
            ConfigFile file = read((before + HEAD + "clusterCIDR: 10.244.0.0/16\n" + after).replace("\n", end));

            assertThat(file.values().string("clusterCIDR")).isEqualTo("10.244.0.0/16");
            assertThat(file.warnings()).isEmpty();
        }
    }

    @Test
    void ofTwoDocumentsTheFirstCounts() throws Exception {
        ConfigFile file = read(HEAD + "clusterCIDR: 10.244.0.0/16\n---\n" + HEAD + "clusterCIDR: 10.1.0.0/16\n");

        assertThat(file.values().string("clusterCIDR")).isEqualTo("10.244.0.0/16");
        assertThat(file.warnings()).singleElement().asString().contains("line 5: another document begins");
        assertThat(read(HEAD + "---\na: [\n").warnings())
                .singleElement()
                .asString()
                .contains("what follows the first document is ignored");
    }

    @Test
    void ofARepeatedFieldTheLastCounts() throws Exception {
        ConfigFile file = read(HEAD + """
            clusterCIDR: 10.1.0.0/16
            iptables: {masqueradeAll: true}
            clusterCIDR: 10.244.0.0/16
            iptables: {masqueradeBit: 3, masqueradeBit: 4}
            """);

        assertThat(file.values().string("clusterCIDR")).isEqualTo("10.244.0.0/16");
        assertThat(file.values().bool("iptables.masqueradeAll")).isFalse();
        assertThat(file.warnings())
                .hasSize(3)
                .anySatisfy(
                        w -> assertThat(w).contains("line 5: the field \"clusterCIDR\" occurs twice; this one counts"))
                .anySatisfy(w -> assertThat(w).contains("line 6: the field \"masqueradeBit\" occurs twice"))
                .anySatisfy(w -> assertThat(w).contains("line 6: the field \"iptables\" occurs twice"));
    }

    @ParameterizedTest
    @CsvSource({"''", "'---\n'", "'# nothing\n'", "'---\n---\n'"})
    void anEmptyFileIsRefused(String content) {
        assertThatThrownBy(() -> read(content)).hasMessageContaining("this is no KubeProxyConfiguration");
    }

    @Test
    void aFileThatWouldBlockOrFillTheReaderIsRefused() throws Exception {
        Path zero = Files.createSymbolicLink(dir.resolve("zero.yaml"), Path.of("/dev/zero"));
        Path pipe = dir.resolve("pipe.yaml");
        Process mkfifo =
                new ProcessBuilder("mkfifo", pipe.toString()).inheritIO().start();
        assertThat(mkfifo.waitFor()).isZero();

        assertThatThrownBy(() -> ConfigFile.read(zero, KnownModes.SCHEMA)).hasMessageContaining("it is a device");
        assertThatThrownBy(() -> ConfigFile.read(pipe, KnownModes.SCHEMA)).hasMessageContaining("it is a named pipe");
        assertThatThrownBy(() -> ConfigFile.read(dir, KnownModes.SCHEMA)).hasMessageContaining("it is a directory");
        assertThatThrownBy(() -> read(HEAD + "x: " + "[".repeat(100_000)))
                .hasMessageContaining("nested deeper than 64");
        assertThatThrownBy(() -> read(HEAD + "x: " + "y".repeat(5 << 20))).hasMessageContaining("more than the limit");
    }

    @Test
    void aStockFileOfKubeadmIsReadWithoutAWarning() throws Exception {
        ConfigFile file = read(HEAD + """
            bindAddress: 0.0.0.0
            bindAddressHardFail: false
            clientConnection:
              acceptContentTypes: ""
              burst: 0
              contentType: ""
              kubeconfig: /var/lib/kube-proxy/kubeconfig.conf
              qps: 0
            clusterCIDR: 10.244.0.0/16
            configSyncPeriod: 0s
            conntrack:
              maxPerCore: null
              min: null
              tcpBeLiberal: false
              tcpCloseWaitTimeout: null
              tcpEstablishedTimeout: null
              udpStreamTimeout: 0s
              udpTimeout: 0s
            detectLocal:
              bridgeInterface: ""
              interfaceNamePrefix: ""
            detectLocalMode: ""
            enableProfiling: false
            healthzBindAddress: ""
            hostnameOverride: ""
            iptables:
              localhostNodePorts: null
              masqueradeAll: false
              masqueradeBit: null
              minSyncPeriod: 5s
              syncPeriod: 0s
            ipvs:
              excludeCIDRs: null
              minSyncPeriod: 0s
              scheduler: ""
              strictARP: false
              syncPeriod: 0s
              tcpFinTimeout: 0s
              tcpTimeout: 0s
              udpTimeout: 0s
            logging:
              flushFrequency: 0
              options:
                json:
                  infoBufferSize: "0"
                text:
                  infoBufferSize: "0"
              verbosity: 0
            metricsBindAddress: ""
            mode: ""
            nftables:
              masqueradeAll: false
              masqueradeBit: null
              minSyncPeriod: 0s
              syncPeriod: 0s
            nodePortAddresses: null
            oomScoreAdj: null
            portRange: ""
            showHiddenMetricsForVersion: ""
            winkernel:
              enableDSR: false
            """);
        assertThat(file.warnings()).isEmpty();
        assertThat(file.values().string("clientConnection.kubeconfig"))
                .isEqualTo("/var/lib/kube-proxy/kubeconfig.conf");
        assertThat(file.values().string("clusterCIDR")).isEqualTo("10.244.0.0/16");
        assertThat(file.values().duration("iptables.minSyncPeriod")).isEqualTo(Duration.ofSeconds(5));
        assertThat(file.values().string("healthzBindAddress")).isEqualTo("0.0.0.0:10256");
        assertThat(file.values().duration("iptables.syncPeriod"))
                .as("0s in a file means the default, as upstream")
                .isEqualTo(Duration.ofSeconds(30));
    }

    @Test
    void zeroIsAValueWhereItMeansLeaveAlone() throws Exception {
        ConfigFile file = read(HEAD + "conntrack:\n  tcpEstablishedTimeout: 0s\n  maxPerCore: 0\n");
        assertThat(file.values().duration("conntrack.tcpEstablishedTimeout")).isEqualTo(Duration.ZERO);
        assertThat(file.values().integer("conntrack.maxPerCore")).isZero();
    }

    @Test
    void jsonIsReadToo() throws Exception {
        ConfigFile file = read(
                "{\"apiVersion\":\"kubeproxy.config.k8s.io/v1alpha1\",\"kind\":\"KubeProxyConfiguration\",\"mode\":\"ipvs\","
                        + "\"ipvs\":{\"scheduler\":\"sh\",\"excludeCIDRs\":[\"10.0.0.0/8\"]}}");
        assertThat(file.values().string("mode")).isEqualTo("ipvs");
        assertThat(file.values().string("ipvs.scheduler")).isEqualTo("sh");
        assertThat(file.values().strings("ipvs.excludeCIDRs")).isEqualTo(List.of("10.0.0.0/8"));
    }

    @Test
    void anUnknownFieldIsWarnedOfWithItsLineAndWhatMayBeMeant() throws Exception {
        ConfigFile file = read(HEAD + """
            modes: iptables
            masqueradeAll: true
            iptables:
              masqueradBit: 3
            winkernel: {foo: 1}
            """);
        assertThat(file.warnings())
                .hasSize(4)
                .anySatisfy(w -> assertThat(w)
                        .endsWith("config.yaml: line 3: modes: unknown field, ignored; did you mean mode?"))
                .anySatisfy(w -> assertThat(w)
                        .endsWith("line 4: masqueradeAll: unknown field, ignored; did you mean"
                                + " iptables.masqueradeAll?"))
                .anySatisfy(w -> assertThat(w).contains("line 6: iptables.masqueradBit", "iptables.masqueradeBit?"))
                .anySatisfy(w -> assertThat(w).endsWith("line 7: winkernel.foo: unknown field, ignored"));
    }

    @Test
    void loggingIsReadAsKubernetesWritesIt() throws Exception {
        ConfigFile file = read(HEAD + """
            logging:
              flushFrequency: 1000000000
              vmodule: [{filePattern: a, verbosity: 4}]
              options: {json: {infoBufferSize: 64Ki, splitStream: true}, text: {infoBufferSize: 0}}
            """);
        assertThat(file.warnings()).isEmpty();
        assertThat(file.values().duration("logging.flushFrequency")).isEqualTo(Duration.ofSeconds(1));
        assertThat(file.values().vmodule("logging.vmodule")).containsExactly(new VmoduleRule("a", 4));
        assertThat(file.values().string("logging.options.json.infoBufferSize")).isEqualTo("64Ki");
        assertThat(file.values().bool("logging.options.json.splitStream")).isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "mode: 5 | mode: want a string, not '5'",
                "iptables: yes | iptables: want an object with fields",
                "oomScoreAdj: low | oomScoreAdj: want a whole number",
                "iptables: {masqueradeAll: 1} | iptables.masqueradeAll: want true or false",
                "iptables: {syncPeriod: soon} | config.yaml: line 3: iptables.syncPeriod: want a duration",
                "iptables: {syncPeriod: 5} | iptables.syncPeriod: want a duration",
                "bindAddress: here | bindAddress: want an IP address, not 'here'",
                "metricsBindAddress: '127.0.0.1:0' | metricsBindAddress: want IP:PORT",
                "healthzBindAddress: localhost | healthzBindAddress: want IP:PORT",
                "winkernel: 5 | winkernel: want an object with fields",
                "logging: {vmodule: [{file: x}]} | logging.vmodule: want rules",
                "logging: {options: {text: {infoBufferSize: zzz}}} | logging.options.text.infoBufferSize: want a",
                "nodePortAddresses: 10.0.0.0/8 | nodePortAddresses: want a list of strings",
            })
    void aWrongTypeIsFatalAndNamesTheField(String line, String message) {
        assertThatThrownBy(() -> read(HEAD + line + "\n"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(message);
    }

    @Test
    void aSyntaxErrorNamesLineAndColumn() {
        assertThatThrownBy(() -> read(HEAD + "mode: [iptables\n"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("line 4");
    }

    @Test
    void anotherKindIsRefused() {
        assertThatThrownBy(() -> read("apiVersion: v1\nkind: Service\n"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("kind: want 'KubeProxyConfiguration', not 'Service'")
                .hasMessageContaining("apiVersion: want");
    }

    @Test
    void aMissingFileIsNamed() {
        assertThatThrownBy(() -> ConfigFile.read(dir.resolve("none.yaml"), KnownModes.SCHEMA))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("none.yaml: no such file");
    }

    @Test
    void theValuesOfAFileCarryItsNameAndLine() throws Exception {
        ConfigFile file = read(HEAD + "conntrack:\n  min: 5\n");
        assertThat(file.values().origin("conntrack.min")).endsWith("config.yaml: line 4: conntrack.min");
        assertThat(file.values().origin("conntrack.maxPerCore")).isEqualTo("conntrack.maxPerCore");
    }

    private ConfigFile read(String text) throws IOException, ConfigException {
        return ConfigFile.read(Files.writeString(dir.resolve("config.yaml"), text), KnownModes.SCHEMA);
    }
}
