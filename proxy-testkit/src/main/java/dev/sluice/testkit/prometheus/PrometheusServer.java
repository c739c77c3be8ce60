// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.prometheus;

import dev.sluice.testkit.api.JsonDocument;
import dev.sluice.testkit.lab.LabHost;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A Prometheus that scrapes the daemon of a node of the lab each second. */
public final class PrometheusServer implements AutoCloseable {
    private static final int PORT = 9090;

    private final MonitoringProcess process;

    private PrometheusServer(MonitoringProcess process) {
        this.process = process;
    }

    /** Whether this machine has the program. */
    public static boolean isInstalled() {
        return MonitoringProcess.areInstalled("prometheus");
    }

    /**
     * Starts it on {@code node}, with its data in {@code folder}.
     *
     * @param rules files of alerts; when there are some, they go to an {@link Alertmanager} on the same host
     */
    public static PrometheusServer start(LabHost node, Path folder, List<Path> rules) {
        return start(node, folder, rules, """
                - job_name: sluice
                  honor_labels: true
                  static_configs:
                  - targets: ["127.0.0.1:10249"]
                    labels: {instance: "%1$s", node: "%1$s"}
                """.formatted(node.name()));
    }

    /** @param jobs the entries of {@code scrape_configs}, as YAML */
    public static PrometheusServer start(LabHost node, Path folder, List<Path> rules, String jobs) {
        try {
            Path data = Files.createDirectories(folder.resolve("prometheus"));
            Path configuration = Files.writeString(folder.resolve("prometheus.yml"), configuration(jobs, rules));
            return new PrometheusServer(new MonitoringProcess(
                    node,
                    PORT,
                    folder.resolve("prometheus.log"),
                    List.of(
                            "prometheus",
                            "--config.file=" + configuration,
                            "--storage.tsdb.path=" + data,
                            "--web.listen-address=127.0.0.1:" + PORT,
                            "--log.level=warn")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String configuration(String jobs, List<Path> rules) {
        StringBuilder text = new StringBuilder("""
                global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}
                scrape_configs:
                """);
        text.append(jobs);
        if (!rules.isEmpty()) {
            text.append("alerting: {alertmanagers: [{static_configs: [{targets: [\"127.0.0.1:")
                    .append(Alertmanager.PORT)
                    .append("\"]}]}]}\nrule_files:\n");
            rules.forEach(file -> text.append("- ").append(file).append('\n'));
        }
        return text.toString();
    }

    /** The present value of a query. */
    public List<TimeSeries> query(String query) {
        return series("/api/v1/query?query=" + encoded(query));
    }

    /**
     * The values of a query over a time.
     *
     * @param begin and {@code end} in seconds since 1970
     * @param step seconds between two values
     */
    public List<TimeSeries> range(String query, double begin, double end, double step) {
        return series(String.format(
                Locale.ROOT,
                "/api/v1/query_range?query=%s&start=%.3f&end=%.3f&step=%.3f",
                encoded(query),
                begin,
                end,
                step));
    }

    /** The alerts that are pending or firing, with their labels, annotations and state. */
    public List<Map<String, Object>> alerts() {
        return JsonDocument.objects(data("/api/v1/alerts").get("alerts"));
    }

    private List<TimeSeries> series(String path) {
        return JsonDocument.objects(data(path).get("result")).stream()
                .map(TimeSeries::parse)
                .toList();
    }

    private Map<String, Object> data(String path) {
        return JsonDocument.object(JsonDocument.parse(process.page(path)).get("data"));
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        process.close();
    }
}
