// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.chart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testkit.daemon.Launcher;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What stands beside the templates says the same as they do. */
class ChartDocumentsTest {
    private static final Path TOP = Launcher.repository();

    private static String read(String file) throws IOException {
        return Files.readString(Chart.FOLDER.resolve(file));
    }

    @Test
    void everyValueIsDescribedInTheReadme() throws IOException {
        ValueTable table = ValueTable.of(read("values.yaml"));
        String readme = read("README.md");
        List<String> inReadme = readme.substring(readme.indexOf("## Values"))
                .lines()
                .filter(line -> line.startsWith("| `"))
                .toList();

        assertThat(table.undescribed()).as("values without a comment").isEmpty();
        assertThat(table.rows()).hasSizeGreaterThan(50);
        assertThat(inReadme)
                .as("helm/sluice/README.md should have these rows:%n%s", String.join("\n", table.rows()))
                .isEqualTo(table.rows());
    }

    @Test
    void everyValueIsInTheSchemaAndTheOtherWayRound() throws IOException {
        assertSame("", Chart.yaml(read("values.yaml")), Chart.yaml(read("values.schema.json")));
    }

    /** Maps of free keys, e.g. labels, have no properties in the schema. */
    private static void assertSame(String path, Map<String, Object> values, Map<String, Object> schema) {
        if (schema.get("additionalProperties") instanceof Map<?, ?> || !schema.containsKey("properties")) {
            return;
        }
        Map<String, Object> properties = Chart.object(schema.get("properties"));
        assertThat(schema).as("is '%s' closed?", path).containsEntry("additionalProperties", false);
        if (List.of(".resources", ".initResources", ".updateStrategy.rollingUpdate")
                .contains(path)) {
            return;
        }
        properties.remove("global"); // Helm's own
        assertThat(values.keySet())
                .as("values below '%s'", path)
                .containsExactlyInAnyOrderElementsOf(properties.keySet());
        values.forEach(
                (key, value) -> assertSame(path + "." + key, Chart.object(value), Chart.object(properties.get(key))));
    }

    @Test
    void theVersionIsThatOfTheDaemon() throws IOException {
        String pom = Files.readString(TOP.resolve("pom.xml"));
        String version = pom.substring(pom.indexOf("<version>") + 9, pom.indexOf("</version>"));

        assertThat(Chart.yaml(read("Chart.yaml")))
                .containsEntry("version", version)
                .containsEntry("appVersion", version)
                .containsEntry("kubeVersion", ">=1.31.0-0");
    }

    @Test
    void theLicenceIsTheRepositorys() throws IOException {
        assertThat(read("LICENSE")).isEqualTo(Files.readString(TOP.resolve("LICENSE")));
    }
}
