// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.metrics;

import dev.sluice.daemon.config.FeatureGates;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.Info;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.List;

/** What runs here: the version of Sluice, that of the kube-proxy it behaves as, and the feature gates. */
final class BuildMetrics {
    private BuildMetrics() {}

    /** @param kubernetes e.g. 1.36.2 */
    static void register(
            PrometheusRegistry registry, String version, String kubernetes, List<FeatureGates.State> gates) {
        String java = Runtime.version().toString();
        Info.builder()
                .name("sluice_build_info")
                .help("The version of Sluice, and of the Java virtual machine that runs it")
                .labelNames("version", "java_version")
                .register(registry)
                .addLabelValues(version, java);
        String[] numbers = kubernetes.split("\\.", -1);
        Info.builder()
                .name("kubernetes_build_info")
                .help("The version of Kubernetes whose kube-proxy Sluice behaves as; what a build of Go has is empty")
                .labelNames(
                        "major",
                        "minor",
                        "git_version",
                        "git_commit",
                        "git_tree_state",
                        "build_date",
                        "go_version",
                        "compiler",
                        "platform")
                .register(registry)
                .addLabelValues(numbers[0], numbers[1], "v" + kubernetes, "", "", "", "", "", platform());
        Gauge enabled = Gauge.builder()
                .name("kubernetes_feature_enabled")
                .help("Whether a feature gate is on, by its stage")
                .labelNames("name", "stage")
                .withoutExemplars()
                .register(registry);
        gates.forEach(gate -> enabled.labelValues(gate.name(), gate.stage()).set(gate.on() ? 1 : 0));
    }

    /** In Go's words. */
    private static String platform() {
        String architecture = System.getProperty("os.arch", "");
        return "linux/" + (architecture.equals("aarch64") ? "arm64" : architecture);
    }
}
