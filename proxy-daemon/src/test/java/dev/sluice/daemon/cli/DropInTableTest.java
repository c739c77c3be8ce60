// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.config.ConfigField;
import dev.sluice.core.config.ConfigField.Support;
import dev.sluice.core.config.ConfigFlag;
import dev.sluice.core.config.ConfigSchema;
import dev.sluice.daemon.config.KnownModes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * docs/drop-in.md has a row for each flag, field and metric of kube-proxy, and says of each what the code says; a row
 * that is no plain yes has a reason.
 */
class DropInTableTest {
    private static final Path DOCS = Path.of("..", "docs");
    private static final Pattern CODE = Pattern.compile("`([^`]+)`");
    private static final ConfigSchema SCHEMA = KnownModes.SCHEMA;

    private final KubeProxySurface kubeProxy = KubeProxySurface.read();
    private final Set<String> flagNames = new CommandLineParser(SCHEMA)
            .flagNames().stream().map(name -> name.substring(2)).collect(Collectors.toSet());

    @Test
    void everyFlagHasARowWithWhatItDoesHere() throws IOException {
        DropInTable table = DropInTable.of("## Flags");
        for (KubeProxySurface.Setting flag : kubeProxy.flags()) {
            String count = flag.besideFile() ? "counts" : "does not count";
            table.expect("--" + flag.name(), code(flag.fallback()), count, verdict(flag));
        }
        table.verify();
    }

    private String verdict(KubeProxySurface.Setting flag) {
        if (!flagNames.contains(flag.name())) {
            return "no";
        }
        ConfigFlag ours = SCHEMA.flags().stream()
                .filter(known -> known.name().equals(flag.name()))
                .findFirst()
                .orElse(null);
        if (ours == null) {
            return CommandLineParser.WITHOUT_EFFECT.contains(flag.name()) ? "no effect" : "yes";
        }
        boolean same = sameDefault(ours.defaultText(), flag.fallback()) && ours.countsBesideFile() == flag.besideFile();
        return same ? effect(ours.field()) : "differs";
    }

    private static String effect(ConfigField field) {
        return field.support() == Support.IRRELEVANT || field.support() == Support.NOT_YET ? "no effect" : "yes";
    }

    private static boolean sameDefault(String ours, String theirs) {
        return ours.equals(theirs) || ours.equals(theirs + ".0");
    }

    @Test
    void ourOwnFlagsAreListed() throws IOException {
        Set<String> own = new TreeSet<>(flagNames);
        kubeProxy.flags().forEach(flag -> own.remove(flag.name()));
        Set<String> listed = MarkdownTable.of(DropInTable.DOCUMENT, "## Flags of Sluice's own").stream()
                .map(row -> row.getFirst().substring(2))
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(listed).isEqualTo(own);
    }

    @Test
    void everyFieldHasARowWithWhatItDoesHere() throws IOException {
        DropInTable table = DropInTable.of("## Fields of the file");
        for (KubeProxySurface.Setting field : kubeProxy.fields()) {
            String verdict = SCHEMA.field(field.name())
                    .map(ours -> sameDefault(ConfigFlag.of("", ours, "").defaultText(), field.fallback())
                            ? effect(ours)
                            : "differs")
                    .orElse("no");
            table.expect(field.name(), code(field.fallback()), verdict);
        }
        table.verify();
        List<String> known =
                kubeProxy.fields().stream().map(KubeProxySurface.Setting::name).toList();
        assertThat(SCHEMA.fields().stream()
                        .filter(field -> field.support() != Support.FLAG_ONLY)
                        .map(ConfigField::path))
                .as("no field that kube-proxy does not have")
                .isSubsetOf(known);
    }

    @Test
    void everyMetricHasARowWithWhatIsShownHere() throws IOException {
        DropInTable table = DropInTable.of("## Metrics");
        Map<String, KubeProxySurface.Metric> ours = documentedMetrics();
        for (KubeProxySurface.Metric metric : kubeProxy.metrics()) {
            KubeProxySurface.Metric shown = ours.get(metric.name());
            String verdict = shown == null ? "no" : shown.equals(metric) ? "yes" : "differs";
            String labels =
                    metric.labels().stream().sorted().map(DropInTableTest::code).collect(Collectors.joining(", "));
            table.expect(metric.name(), metric.type(), labels, verdict);
        }
        table.verify();
        assertThat(ours.keySet().stream().filter(name -> name.startsWith("kubeproxy_")))
                .as("no name of kube-proxy's that it does not have")
                .isSubsetOf(kubeProxy.metrics().stream()
                        .map(KubeProxySurface.Metric::name)
                        .toList());
    }

    /** What docs/metrics.md lists, which another test compares with the code. */
    private static Map<String, KubeProxySurface.Metric> documentedMetrics() throws IOException {
        Map<String, KubeProxySurface.Metric> metrics = new LinkedHashMap<>();
        for (String heading : List.of("## Syncs and rules", "## Health and process", "## API server")) {
            for (List<String> row : MarkdownTable.of(DOCS.resolve("metrics.md"), heading)) {
                String names = row.get(0).indexOf('`') < 0 ? code(row.get(0)) : row.get(0);
                for (String name : codes(names)) {
                    metrics.put(name, new KubeProxySurface.Metric(name, row.get(1), new TreeSet<>(codes(row.get(2)))));
                }
            }
        }
        return metrics;
    }

    private static List<String> codes(String cell) {
        return CODE.matcher(cell).results().map((MatchResult r) -> r.group(1)).toList();
    }

    private static String code(String text) {
        return text.isEmpty() ? "" : "`" + text + "`";
    }
}
