// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.chart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testkit.daemon.Launcher;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code deploy/MODE.yaml} is what the chart gives, without what only Helm needs. */
class PlainManifestsTest {
    private static final Path DEPLOY = Launcher.repository().resolve("deploy");
    private static final Path TARGET = Launcher.repository().resolve("helm/target/deploy");

    private static final String HEAD = """
            # Sluice in MODE mode, for those who do not use Helm. Replace API_SERVER by the API server's address as nodes
            # reach it without a Service, and the image by yours:
            #   sed -e 's/API_SERVER/192.168.0.10/' -e 's|image: sluice:|image: registry.example/sluice:|' MODE.yaml
            # It is the chart in helm/sluice with mode=MODE; a test compares the two.
            """;

    @ParameterizedTest
    @ValueSource(strings = {"iptables", "ipvs", "userspace", "nftables"})
    void isWhatTheChartGives(String mode) throws IOException {
        String rendered = Chart.render("mode: " + mode + "\napiServer: {host: API_SERVER}\n");
        String expected = HEAD.replace("MODE", mode) + plain(rendered);
        Files.createDirectories(TARGET);
        Files.writeString(TARGET.resolve(mode + ".yaml"), expected);

        assertThat(DEPLOY.resolve(mode + ".yaml"))
                .as("to bring it up to date: cp helm/target/deploy/*.yaml deploy/")
                .hasContent(expected);
        assertThat(KubernetesObjects.of(expected)).hasSize(5);
    }

    /** Without comments and labels of Helm, and without its tests. */
    private static String plain(String rendered) {
        List<String> documents = new ArrayList<>();
        for (String document : rendered.split("(?m)^---\n", -1)) {
            String text = document.replaceAll("(?m)^# Source: .*\n", "")
                    .replaceAll("(?m)^ *(helm.sh/chart|app.kubernetes.io/managed-by): .*\n", "");
            if (!text.isBlank() && !text.contains("helm.sh/hook")) {
                documents.add(text.strip() + "\n");
            }
        }
        return "---\n" + String.join("---\n", documents);
    }
}
