// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.net.Cidr;
import dev.sluice.daemon.cli.ConfigurationLoader.Loaded;
import dev.sluice.daemon.config.KnownModes;
import dev.sluice.daemon.config.Settings;
import dev.sluice.kubernetes.read.Tree;
import dev.sluice.kubernetes.read.YamlTree;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the usual installers give to kube-proxy, as their manifests have it, starts Sluice. */
class StockConfigurationsTest {
    private final CommandLineParser parser = new CommandLineParser(KnownModes.SCHEMA);
    private final ConfigurationLoader loader = new ConfigurationLoader(KnownModes.SCHEMA, KnownModes.MODULES);

    @TempDir
    Path dir;

    @Test
    void kubeadm() throws Exception {
        Loaded loaded = load("kubeadm.yaml");
        assertThat(loaded.warnings()).isEmpty();
        Settings settings = loaded.settings();
        assertThat(settings.module().mode()).isEqualTo(ProxyMode.IPTABLES);
        assertThat(settings.hostnameOverride()).isEqualTo("node-a");
        assertThat(settings.kubeconfig()).contains(Path.of("/var/lib/kube-proxy/kubeconfig.conf"));
        assertThat(settings.detectLocal().clusterCidrs()).containsExactly(Cidr.of("10.244.0.0/16"));
    }

    @Test
    void kind() throws Exception {
        Loaded loaded = load("kind.yaml");
        assertThat(loaded.warnings()).isEmpty();
        assertThat(loaded.settings().conntrack().maxPerCore()).isZero();
        assertThat(loaded.settings().conntrack().tcpEstablished()).isZero();
    }

    @Test
    void k3s() throws Exception {
        Loaded loaded = load("k3s.yaml");
        assertThat(loaded.warnings()).isEmpty();
        Settings settings = loaded.settings();
        assertThat(settings.healthz().orElseThrow().toString()).endsWith("127.0.0.1:10256");
        assertThat(settings.conntrack().maxPerCore()).isZero();
        assertThat(settings.detectLocal().clusterCidrs())
                .containsExactly(Cidr.of("10.42.0.0/16"), Cidr.of("fd42::/56"));
    }

    @Test
    void rke2() throws Exception {
        Loaded loaded = load("rke2.yaml");
        assertThat(loaded.warnings())
                .singleElement()
                .asString()
                .contains("feature gate CloudDualStackNodeIPs=true has no effect");
        assertThat(loaded.settings().module().mode()).isEqualTo(ProxyMode.IPVS);
    }

    @Test
    void rke2OfItsChart() throws Exception {
        Loaded loaded = load("rke2-chart.yaml");
        assertThat(loaded.warnings())
                .hasSize(3)
                .allSatisfy(warning -> assertThat(warning)
                        .containsAnyOf(
                                "conntrack.max: unknown field, ignored",
                                "resourceContainer: unknown field, ignored",
                                "udpIdleTimeout: unknown field, ignored"));
        assertThat(loaded.settings().detectLocal().clusterCidrs()).containsExactly(Cidr.of("10.42.0.0/16"));
    }

    @Test
    void eks() throws Exception {
        Loaded loaded = load("eks.yaml");
        assertThat(loaded.settings().logging().verbosity()).isEqualTo(2);
        assertThat(loaded.settings().hostnameOverride()).isEqualTo("node-a");
        assertThat(loaded.warnings()).hasSize(1).allSatisfy(w -> assertThat(w).contains("udpIdleTimeout"));
    }

    /** Starts with the command of the first container, with the ConfigMap that follows as the file of --config. */
    private Loaded load(String manifest) throws Exception {
        List<Tree> documents;
        try (InputStream in =
                Objects.requireNonNull(getClass().getResourceAsStream("/configuration/stock/" + manifest))) {
            documents = YamlTree.documents(in.readAllBytes());
        }
        String[] args = command(documents.getFirst());
        if (documents.size() > 1) {
            Map<?, ?> data = map(map(documents.get(1).plain()).get("data"));
            for (int i = 0; i < args.length; i++) {
                if (args[i].startsWith("--config=")) {
                    String key = args[i].substring(args[i].lastIndexOf('/') + 1);
                    Path file = dir.resolve(key);
                    Files.writeString(file, (String) Objects.requireNonNull(data.get(key)), StandardCharsets.UTF_8);
                    args[i] = "--config=" + file;
                }
            }
        }
        return loader.load(parser.read(args));
    }

    /** Without the name of the program, and with the variable of the node's name replaced, as the kubelet does. */
    private static String[] command(Tree workload) {
        Map<?, ?> spec = map(map(workload.plain()).get("spec"));
        Map<?, ?> pod = spec.get("template") == null
                ? spec
                : map(map(spec.get("template")).get("spec"));
        Map<?, ?> container = map(((List<?>) Objects.requireNonNull(pod.get("containers"))).getFirst());
        List<?> command = (List<?>) Objects.requireNonNull(container.get("command"));
        List<?> args = container.get("args") == null ? List.of() : (List<?>) container.get("args");
        return Stream.concat(command.stream().skip(1), args.stream())
                .map(argument -> ((String) argument).replace("$(NODE_NAME)", "node-a"))
                .toArray(String[]::new);
    }

    private static Map<?, ?> map(@Nullable Object value) {
        return (Map<?, ?>) Objects.requireNonNull(value);
    }
}
