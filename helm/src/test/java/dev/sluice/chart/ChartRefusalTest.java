// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.chart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Values that cannot work are refused before anything is installed, with what to do. */
class ChartRefusalTest {
    private static final String SERVER = "apiServer: {host: 192.168.0.10}\n";

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            proxyMode: ipvs                           | additional properties 'proxyMode' not allowed
            ipvs: {schedular: lc}                     | additional properties 'schedular' not allowed
            mode: kernelspace                         | value must be one of '', 'iptables', 'ipvs', 'userspace', 'nftables'
            userspace: {scheduler: random}            | at '/userspace/scheduler': value must be one of
            apiServer: {host: a, port: 70000}         | at '/apiServer/port': maximum
            extraCapabilities: [SYS_ADMIN]            | at '/extraCapabilities/0': value must be one of 'NET_BIND_SERVICE', 'SYS_RESOURCE'
            image: {architectures: [s390x]}           | at '/image/architectures/0': value must be one of 'amd64', 'arm64'
            image: {digest: latest}                   | at '/image/digest'
            image: {registry: a/b}                    | at '/image/registry'
            image: {repository: 'sluice:1'}           | at '/image/repository'
            metrics: {bindAddress: everywhere}        | at '/metrics/bindAddress'
            clusterCIDR: 10.244.0.0                   | at '/clusterCIDR'
            updateStrategy: {rollingUpdate: {maxSurge: 1}} | additional properties 'maxSurge' not allowed
            stateDir: {hostPath: relative}            | at '/stateDir/hostPath'
            takeOver: 'yes'                           | at '/takeOver': got string, want boolean
            """)
    void theSchemaRefuses(String values, String message) {
        assertRefused(values.startsWith("apiServer") ? values : SERVER + values, message);
    }

    @Test
    void refusesToGuessTheApiServer() {
        assertRefused("mode: ipvs", "apiServer.host is missing", "kubectl cluster-info", "--set apiServer.host=");
        assertRefused("apiServer: {host: 'https://192.168.0.10:6443'}", "without scheme and port");
    }

    @Test
    void refusesTwoApiServers() {
        assertRefused(
                SERVER + "kubeconfig: {hostPath: /etc/kubernetes/proxy.conf}", "only one can name the API server");
        assertRefused("kubeconfig: {hostPath: /a, secret: b}", "more than one of hostPath, configMap and secret");
    }

    @Test
    void refusesTwoConfigurations() {
        assertRefused(
                SERVER + "mode: ipvs\nclusterCIDR: 10.244.0.0/16\nconfig: {mode: iptables}",
                "config and mode, clusterCIDR are both given",
                "leave out mode, clusterCIDR");
        assertRefused(SERVER + "ipvs: {strictARP: true}\nconfig: 'kind: KubeProxyConfiguration'", "ipvs.strictARP");
    }

    @Test
    void refusesAConfigurationThatTheDaemonWouldRefuse() {
        assertRefused(
                SERVER + "config: {mode: kernelspace}",
                "config.mode is \"kernelspace\"",
                "iptables, ipvs, userspace or nftables");
        assertRefused(SERVER + "config: {kind: KubeletConfiguration}", "must be a KubeProxyConfiguration");
        assertRefused(SERVER + "config: '{mode'", "config is no YAML");
    }

    @Test
    void refusesAKubeconfigThatIsNowhere() {
        String config = "config: {clientConnection: {kubeconfig: /var/lib/kube-proxy/kubeconfig.conf}}\n";
        assertRefused(config, "names the kubeconfig /var/lib/kube-proxy/kubeconfig.conf, which no container has");
        assertRefused("config: {mode: ipvs}\nkubeconfig: {secret: a}", "config does not use it", "clientConnection");
        assertThat(Chart.render(config + "kubeconfig: {configMap: kube-proxy}"))
                .contains("mountPath: /var/lib/kube-proxy\n", "path: kubeconfig.conf\n");
    }

    @Test
    void refusesAMonitorThatReachesNothing() {
        assertRefused(
                SERVER + "podMonitor: {enabled: true}\nconfig: {mode: ipvs}",
                "/metrics listens on 127.0.0.1:10249, where Prometheus cannot reach it",
                "0.0.0.0:10249");
        assertRefused(SERVER + "podMonitor: {enabled: true}\nserviceMonitor: {enabled: true}", "scraped twice");
    }

    @Test
    void refusesAnOlderKubernetes() {
        assertThatThrownBy(() -> Chart.render(Chart.example("iptables"), "1.30.5"))
                .hasMessageContaining("1.31")
                .hasMessageContaining("1.30.5");
    }

    private static void assertRefused(String values, String... messages) {
        for (String message : messages) {
            assertThatThrownBy(() -> Chart.render(values)).as(values).hasMessageContaining(message);
        }
    }
}
