// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.chart.observe;

import dev.sluice.testkit.api.JsonDocument;
import dev.sluice.testkit.daemon.Launcher;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** An alert of the chart. */
public record AlertRule(String name, String expression, Map<String, Object> labels, Map<String, Object> annotations) {

    /** The files with the chart's alerts. */
    public static List<Path> files() {
        return listed("helm/sluice/files/alerts", ".yaml");
    }

    /** All alerts of the chart. */
    public static List<AlertRule> all() {
        return files().stream()
                .map(AlertRule::parsed)
                .flatMap(file -> JsonDocument.objects(file.get("groups")).stream())
                .flatMap(group -> JsonDocument.objects(group.get("rules")).stream())
                .map(rule -> new AlertRule(
                        String.valueOf(rule.get("alert")),
                        String.valueOf(rule.get("expr")),
                        JsonDocument.object(rule.get("labels")),
                        JsonDocument.object(rule.get("annotations"))))
                .toList();
    }

    /** The files in a folder of the repository. */
    static List<Path> listed(String folder, String ending) {
        try (Stream<Path> files = Files.list(Launcher.repository().resolve(folder))) {
            return files.filter(file -> file.toString().endsWith(ending))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The content of a file with YAML or JSON. */
    static Map<String, Object> parsed(Path file) {
        try {
            return JsonDocument.parse(Files.readString(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
