// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.prometheus;

import dev.sluice.testkit.api.JsonDocument;
import dev.sluice.testkit.lab.LabHost;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** An Alertmanager that keeps what a {@link PrometheusServer} on the same host sends, and notifies nobody. */
public final class Alertmanager implements AutoCloseable {
    static final int PORT = 9093;

    private final MonitoringProcess process;

    private Alertmanager(MonitoringProcess process) {
        this.process = process;
    }

    /** Whether this machine has the program. */
    public static boolean isInstalled() {
        return MonitoringProcess.areInstalled("prometheus-alertmanager");
    }

    /** Starts it on {@code node}, with its data in {@code folder}. */
    public static Alertmanager start(LabHost node, Path folder) {
        try {
            Path data = Files.createDirectories(folder.resolve("alertmanager"));
            Path configuration = Files.writeString(
                    folder.resolve("alertmanager.yml"), "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n");
            return new Alertmanager(new MonitoringProcess(
                    node,
                    PORT,
                    folder.resolve("alertmanager.log"),
                    List.of(
                            "prometheus-alertmanager",
                            "--config.file=" + configuration,
                            "--storage.path=" + data,
                            "--web.listen-address=127.0.0.1:" + PORT,
                            "--cluster.listen-address=",
                            "--log.level=warn")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The alerts that it holds as active, with their labels and annotations. */
    public List<Map<String, Object>> active() {
        // a list at the top is no object, which is what the reader reads
        String list = process.page("/api/v2/alerts?active=true");
        return JsonDocument.objects(
                JsonDocument.parse("{\"alerts\": " + list + "}").get("alerts"));
    }

    @Override
    public void close() {
        process.close();
    }
}
