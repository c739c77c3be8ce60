// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.chart.live;

import dev.sluice.chart.Chart;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.api.JsonDocument;
import dev.sluice.testkit.lab.LabAddresses;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A Pod of the chart's DaemonSet as Prometheus' discovery of Kubernetes Pods describes it: a target for each port of
 * each container, with the Pod's metadata as labels. A file stands for the API server; the relabelling is Prometheus'
 * own, by the usual rules for the annotations {@code prometheus.io/*}.
 */
final class AnnotatedPod {
    private static final String PREFIX = "__meta_kubernetes_pod_";
    private static final String NAME = "sluice-x7k2p";

    private final Map<String, Object> template;
    private final String node;

    private AnnotatedPod(Map<String, Object> template, String node) {
        this.template = template;
        this.node = node;
    }

    /** The Pod on {@code node}, by the chart's defaults. */
    static AnnotatedPod ofChart(String node) {
        Map<String, Object> daemonSet = Chart.documents(Chart.render("apiServer: {host: 192.168.10.2}")).stream()
                .filter(document -> "DaemonSet".equals(document.get("kind")))
                .findFirst()
                .orElseThrow();
        return new AnnotatedPod(
                JsonDocument.object(JsonDocument.object(daemonSet.get("spec")).get("template")), node);
    }

    /** What the rules make of the Pod's metadata. */
    Map<String, String> expectedLabels() {
        return Map.of("app_kubernetes_io_name", "sluice", "namespace", Chart.NAMESPACE, "pod", NAME, "node", node);
    }

    /** A scrape job that finds it, by a file in {@code folder}. */
    String job(Path folder) throws IOException {
        String all = Stream.of("containers", "initContainers")
                .flatMap(kind -> JsonDocument.objects(spec().get(kind)).stream())
                .flatMap(container -> ports(container).stream())
                .map(this::target)
                .collect(Collectors.joining(", ", "[", "]"));
        return """
            - job_name: kubernetes-pods
              honor_labels: true
              file_sd_configs: [{files: ["%1$s"]}]
              relabel_configs:
              - {source_labels: [%2$sannotation_prometheus_io_scrape], regex: "true", action: keep}
              - {source_labels: [%2$sannotation_prometheus_io_path], regex: (.+), target_label: __metrics_path__}
              - source_labels: [%2$sip, %2$sannotation_prometheus_io_port]
                regex: (.+);(\\d+)
                replacement: $1:$2
                target_label: __address__
              - {regex: %2$slabel_(.+), action: labelmap}
              - {source_labels: [__meta_kubernetes_namespace], target_label: namespace}
              - {source_labels: [%2$sname], target_label: pod}
              - {source_labels: [%2$snode_name], target_label: node}
            """.formatted(Files.writeString(folder.resolve("pods.json"), all), PREFIX);
    }

    private Map<String, Object> spec() {
        return JsonDocument.object(template.get("spec"));
    }

    private static List<String> ports(Map<String, Object> container) {
        List<String> ports = new ArrayList<>();
        JsonDocument.objects(container.get("ports")).forEach(port -> ports.add(":" + port.get("containerPort")));
        return ports.isEmpty() ? List.of("") : ports;
    }

    private String target(String port) {
        IpAddress address = LabAddresses.of(node, IpFamily.IPV4);
        Map<String, String> labels = new TreeMap<>(Map.of(
                "__meta_kubernetes_namespace",
                Chart.NAMESPACE,
                PREFIX + "name",
                NAME,
                PREFIX + "node_name",
                node,
                PREFIX + "ip",
                address.toString()));
        Map<String, Object> metadata = JsonDocument.object(template.get("metadata"));
        for (String kind : List.of("annotation", "label")) {
            JsonDocument.object(metadata.get(kind + "s")).forEach((name, value) -> {
                labels.put(PREFIX + kind + "_" + name.replaceAll("\\W", "_"), String.valueOf(value));
            });
        }
        return labels.entrySet().stream()
                .map(label -> "\"%s\": \"%s\"".formatted(label.getKey(), label.getValue()))
                .collect(Collectors.joining(", ", "{\"targets\": [\"" + address + port + "\"], \"labels\": {", "}}"));
    }
}
