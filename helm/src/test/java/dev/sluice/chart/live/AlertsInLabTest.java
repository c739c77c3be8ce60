// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.chart.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.chart.observe.AlertRule;
import dev.sluice.core.config.ProxyMode;
import dev.sluice.testkit.api.JsonDocument;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.prometheus.Alertmanager;
import dev.sluice.testkit.prometheus.PrometheusServer;
import dev.sluice.testkit.prometheus.TimeSeries;
import dev.sluice.testkit.timing.Attempts;
import dev.sluice.testkit.timing.Attempts.Observation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The chart's alerts in a real Prometheus that scrapes a real daemon, and in a real Alertmanager. Of the rules only the
 * durations are shortened, so that an alert fires in seconds.
 */
class AlertsInLabTest {
    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final Duration PAUSE = Duration.ofSeconds(2);

    @Test
    void alertsFireArriveAndEnd(@TempDir Path folder) throws IOException {
        assumeTrue("root".equals(System.getProperty("user.name")), "the network lab needs root");
        assumeTrue(PrometheusServer.isInstalled(), "prometheus is not installed: run dev/setup");
        assumeTrue(Alertmanager.isInstalled(), "prometheus-alertmanager is not installed: run dev/setup");
        try (MonitoredNode node = new MonitoredNode(ProxyMode.IPTABLES, folder);
                Alertmanager alertmanager = Alertmanager.start(node.lab.node(), folder);
                PrometheusServer prometheus = PrometheusServer.start(node.lab.node(), folder, shortened(folder))) {
            Attempts.until(LIMIT, "the daemon is scraped, and nothing is wrong", () -> {
                Set<String> firing = firing(prometheus);
                boolean scraped = !prometheus.query("sluice_build_info").isEmpty();
                return new Observation(scraped && firing.isEmpty(), "scraped: " + scraped + ", firing: " + firing);
            });

            node.stopApi();
            await("SluiceApiUnreachable", true, prometheus, alertmanager);
            await("SluiceWatchDown", true, prometheus, alertmanager);
            assertThat(texts(alertmanager, "SluiceWatchDown"))
                    .contains("services are not watched on node-a.")
                    .contains("docs/operations.md#sluicewatchdown");
            node.startApi();
            await("SluiceApiUnreachable", false, prometheus, alertmanager);
            await("SluiceWatchDown", false, prometheus, alertmanager);

            Attempts.until(LIMIT, "SluiceRulesContested fires", () -> {
                node.flushRules();
                return new Observation(
                        firing(prometheus).contains("SluiceRulesContested"),
                        "firing: " + firing(prometheus) + ", "
                                + node.daemon.healthz().body());
            });
            await("SluiceRulesContested", true, prometheus, alertmanager);
            assertThat(texts(alertmanager, "SluiceRulesContested")).contains("fights over the rules on node-a.");
        }
    }

    /** The chart's default: no monitor, no operator; Prometheus finds the Pods by their annotations. */
    @Test
    void scrapeAnnotationsAreEnough(@TempDir Path folder) throws IOException {
        assumeTrue("root".equals(System.getProperty("user.name")), "the network lab needs root");
        assumeTrue(PrometheusServer.isInstalled(), "prometheus is not installed: run dev/setup");
        AnnotatedPod pod = AnnotatedPod.ofChart(LabAddresses.NODE_A);
        try (MonitoredNode node = new MonitoredNode(ProxyMode.IPTABLES, folder);
                PrometheusServer prometheus =
                        PrometheusServer.start(node.lab.node(), folder, shortened(folder), pod.job(folder))) {
            Attempts.until(LIMIT, "the Pod is found, and nothing is wrong", () -> {
                List<TimeSeries> found = prometheus.query("sluice_build_info");
                return new Observation(
                        found.size() == 1
                                && found.getFirst()
                                        .labels()
                                        .entrySet()
                                        .containsAll(pod.expectedLabels().entrySet())
                                && firing(prometheus).isEmpty(),
                        found + ", firing: " + firing(prometheus));
            });
            assertThat(prometheus.query("count by (instance) (sluice_build_info)"))
                    .as("the nodes that the dashboards offer")
                    .hasSize(1);

            node.daemon.close();
            Attempts.until(LIMIT, "SluiceDown fires", () -> {
                List<Map<String, Object>> alerts = prometheus.alerts();
                return new Observation(
                        firing(prometheus).contains("SluiceDown")
                                && alerts.toString().contains("Sluice on node-a is not scraped."),
                        alerts.toString());
            });
        }
    }

    /** The rules with shorter durations of {@code for}. */
    private List<Path> shortened(Path folder) throws IOException {
        List<Path> files = new ArrayList<>();
        for (Path file : AlertRule.files()) {
            String rules = Files.readString(file).replaceAll("(?m)^( *for:) .*$", "$1 " + PAUSE.toSeconds() + "s");
            files.add(Files.writeString(folder.resolve(file.getFileName()), rules));
        }
        return files;
    }

    private static void await(String alert, boolean firing, PrometheusServer prometheus, Alertmanager alertmanager) {
        Attempts.until(LIMIT, alert + (firing ? " fires" : " has ended"), () -> {
            Set<String> here = firing(prometheus);
            Set<String> there = names(alertmanager.active());
            return new Observation(
                    here.contains(alert) == firing && there.contains(alert) == firing,
                    "Prometheus: " + here + ", Alertmanager: " + there);
        });
    }

    private static Set<String> firing(PrometheusServer prometheus) {
        return names(prometheus.alerts().stream()
                .filter(alert -> "firing".equals(alert.get("state")))
                .toList());
    }

    private static Set<String> names(List<Map<String, Object>> alerts) {
        Set<String> names = new TreeSet<>();
        alerts.forEach(alert -> names.add(
                String.valueOf(JsonDocument.object(alert.get("labels")).get("alertname"))));
        return names;
    }

    /** The annotations of the alerts with this name, as whoever is called reads them. */
    private static String texts(Alertmanager alertmanager, String name) {
        return alertmanager.active().stream()
                .filter(alert ->
                        name.equals(JsonDocument.object(alert.get("labels")).get("alertname")))
                .map(alert -> String.valueOf(alert.get("annotations")))
                .toList()
                .toString();
    }
}
