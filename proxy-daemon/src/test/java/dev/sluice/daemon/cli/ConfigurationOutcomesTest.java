// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.daemon.cli.ConfigurationLoader.Loaded;
import dev.sluice.daemon.cli.Invocation.Action;
import dev.sluice.daemon.config.ConfigException;
import dev.sluice.daemon.config.KnownModes;
import dev.sluice.kubernetes.read.Tree;
import dev.sluice.kubernetes.read.YamlTree;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What kube-proxy made of command lines and files, and what Sluice makes of them: whether they are accepted, and which
 * fields of the written configuration change. docs/parity.md lists the cases in which the two differ, and no others.
 */
class ConfigurationOutcomesTest {
    private static final String CASES = "/configuration/kube-proxy-outcomes.yaml";
    private static final String HEAD = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n";
    private static final Path PARITY = Path.of("..", "docs", "parity.md");
    private static final String ABSENT = "-";

    private final CommandLineParser parser = new CommandLineParser(KnownModes.SCHEMA);
    private final ConfigurationLoader loader = new ConfigurationLoader(KnownModes.SCHEMA, KnownModes.MODULES);

    @TempDir
    Path dir;

    /** @param changed the fields that differ from what is written without any flag */
    record Outcome(boolean accepted, Map<String, Object> changed) {
        static final Outcome REFUSED = new Outcome(false, Map.of());

        @Override
        public String toString() {
            if (!accepted) {
                return "refused";
            }
            return changed.entrySet().stream()
                    .map(field -> field.getKey() + " = " + text(field.getValue()))
                    .collect(Collectors.joining(", ", "accepted" + (changed.isEmpty() ? "" : ": "), ""));
        }
    }

    private static String text(Object value) {
        return value instanceof String text && text.isBlank() ? '"' + text + '"' : String.valueOf(value);
    }

    /** A file's content is null where there is no file. */
    record Case(String name, List<String> flags, @Nullable String file, Outcome ofKubeProxy) {
        @Override
        public String toString() {
            return name;
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void isReadAsByKubeProxyOrListed(Case input) throws Exception {
        Outcome ours = outcome(input);
        List<String> listed = differences().get(input.name());
        if (listed == null) {
            assertThat(ours)
                    .as("%s %s; if that is meant, list it in docs/parity.md", input.flags(), input.file())
                    .isEqualTo(input.ofKubeProxy());
        } else {
            assertThat(ours)
                    .as("docs/parity.md lists it as a difference, which it is not any more")
                    .isNotEqualTo(input.ofKubeProxy());
            assertThat(listed.subList(1, 3))
                    .as("the row of docs/parity.md")
                    .containsExactly(input.ofKubeProxy().toString(), ours.toString());
            assertThat(listed.get(3)).as("the reason in docs/parity.md").isNotBlank();
        }
    }

    @Test
    void everyListedDifferenceIsOfACase() throws Exception {
        List<String> names = cases().map(Case::name).toList();
        assertThat(names).hasSize(204).doesNotHaveDuplicates();
        assertThat(names).containsAll(differences().keySet());
    }

    static Stream<Case> cases() throws Exception {
        try (InputStream in = Objects.requireNonNull(ConfigurationOutcomesTest.class.getResourceAsStream(CASES))) {
            return YamlTree.documents(in.readAllBytes()).stream().map(ConfigurationOutcomesTest::read);
        }
    }

    private static Case read(Tree document) {
        Map<?, ?> fields = (Map<?, ?>) Objects.requireNonNull(document.plain());
        List<String> flags = new ArrayList<>();
        if (fields.get("flags") instanceof List<?> values) {
            values.forEach(value -> flags.add((String) value));
        }
        Map<String, Object> changed = new TreeMap<>();
        if (fields.get("changed") instanceof Map<?, ?> values) {
            values.forEach((name, value) -> changed.put((String) name, value));
        }
        String file = (String) fields.get("file");
        return new Case(
                (String) Objects.requireNonNull(fields.get("name")),
                flags,
                file == null ? null : file.replaceFirst("^HEAD\n", HEAD),
                new Outcome(Boolean.TRUE.equals(fields.get("accepted")), changed));
    }

    private static Map<String, List<String>> differences() throws IOException {
        return MarkdownTable.of(PARITY, "## Configurations that kube-proxy reads differently").stream()
                .collect(Collectors.toMap(row -> row.get(0), row -> row));
    }

    private Outcome outcome(Case input) throws Exception {
        List<String> args = new ArrayList<>(input.flags());
        if (input.file() != null) {
            args.add("--config=" + Files.writeString(dir.resolve("config.conf"), input.file()));
        }
        try {
            Map<String, Object> changed = new TreeMap<>();
            Map<String, Object> before = written(List.of());
            Map<String, Object> after = written(args);
            after.forEach((field, value) -> {
                if (!before.containsKey(field) || !Objects.equals(before.get(field), value)) {
                    changed.put(field, value);
                }
            });
            before.keySet().stream()
                    .filter(field -> !after.containsKey(field))
                    .forEach(field -> changed.put(field, ABSENT));
            return new Outcome(true, changed);
        } catch (ConfigException e) {
            assertThat(e.reasons())
                    .isNotEmpty()
                    .allSatisfy(reason -> assertThat(reason).isNotBlank());
            return Outcome.REFUSED;
        }
    }

    /** The fields of the written configuration; of what writes none, those that are written without any flag. */
    private Map<String, Object> written(List<String> args) throws Exception {
        List<String> all = new ArrayList<>(args);
        all.add("--write-config-to=" + dir.resolve("written.yaml"));
        Invocation call = parser.read(all.toArray(String[]::new));
        if (call.action() != Action.WRITE_CONFIG) {
            call.requireValid();
            return written(List.of());
        }
        Loaded loaded = loader.load(call);
        Map<String, Object> fields = new HashMap<>();
        Tree tree = YamlTree.documents(loaded.effective().yaml().getBytes(StandardCharsets.UTF_8))
                .getFirst();
        flatten("", Objects.requireNonNull(tree.plain()), fields);
        return fields;
    }

    private static void flatten(String path, Object value, Map<String, Object> fields) {
        if (value instanceof Map<?, ?> map) {
            map.forEach((name, field) -> flatten(path.isEmpty() ? (String) name : path + "." + name, field, fields));
        } else {
            fields.put(path, value);
        }
    }
}
