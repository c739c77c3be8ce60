// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.chart;

import com.marcnuri.helm.Helm;
import com.marcnuri.helm.LintResult;
import dev.sluice.testkit.daemon.Launcher;
import dev.sluice.testkit.lab.TemporaryFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** The chart in {@code helm/sluice}, rendered by Helm 3. */
public final class Chart {
    public static final Path FOLDER = Launcher.repository().resolve("helm/sluice");
    /** The release, and its namespace. */
    public static final String RELEASE = "sluice";

    public static final String NAMESPACE = "kube-system";
    /** The least and the latest version of Kubernetes that the chart is rendered for. */
    public static final List<String> KUBERNETES = List.of("1.31.0", "1.36.2");

    private Chart() {}

    /** The files {@code ci/*-values.yaml}, by name. */
    public static List<Path> examples() {
        try (Stream<Path> files = Files.list(FOLDER.resolve("ci"))) {
            return files.sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The file {@code ci/NAME-values.yaml}. */
    public static Path example(String name) {
        return FOLDER.resolve("ci/" + name + "-values.yaml");
    }

    /** The objects by a file of values, as text. */
    public static String render(Path values) {
        return render(values, KUBERNETES.getLast());
    }

    /** @throws IllegalStateException with Helm's message, when it refuses the values */
    public static String render(Path values, String kubernetes) {
        return new Helm(FOLDER)
                .template()
                .withName(RELEASE)
                .withNamespace(NAMESPACE)
                .withKubeVersion(kubernetes)
                .withValuesFile(values)
                .call();
    }

    /** The same by values that are given as YAML. */
    public static String render(String values) {
        try (TemporaryFolder folder = new TemporaryFolder("sluice-chart")) {
            return render(Files.writeString(folder.resolve("values.yaml"), values));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The Pod of {@code helm test}, which {@link #render} leaves out: a hook, rendered as if it were none. */
    static String renderTest(Path values) {
        try (TemporaryFolder folder = new TemporaryFolder("sluice-chart")) {
            Path copy = folder.resolve("sluice");
            copy(copy);
            Path pod = copy.resolve("templates/tests/explain.yaml");
            Files.writeString(pod, Files.readString(pod).replaceAll("(?m)^ *helm.sh/hook.*\n", ""));
            String rendered = new Helm(copy)
                    .template()
                    .withName(RELEASE)
                    .withNamespace(NAMESPACE)
                    .withKubeVersion(KUBERNETES.getLast())
                    .withValuesFile(values)
                    .call();
            return rendered.substring(rendered.indexOf("---\n# Source: sluice/templates/tests/explain.yaml"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The same by values that are given as YAML. */
    public static String renderTest(String values) {
        try (TemporaryFolder folder = new TemporaryFolder("sluice-chart")) {
            return renderTest(Files.writeString(folder.resolve("values.yaml"), values));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What Helm's lint says of the chart with these values as its own. */
    static LintResult lint(Path values) {
        try (TemporaryFolder folder = new TemporaryFolder("sluice-chart")) {
            Path copy = folder.resolve("sluice");
            copy(copy);
            Map<String, Object> all = new LinkedHashMap<>(yaml(Files.readString(FOLDER.resolve("values.yaml"))));
            merge(all, yaml(Files.readString(values)));
            Files.writeString(copy.resolve("values.yaml"), KubernetesObjects.yaml(all));
            return new Helm(copy).lint().strict().call();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void copy(Path to) throws IOException {
        try (Stream<Path> files = Files.walk(FOLDER)) {
            for (Path from : files.toList()) {
                Path target = to.resolve(FOLDER.relativize(from));
                if (Files.isDirectory(from)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(from, target);
                }
            }
        }
    }

    private static void merge(Map<String, Object> values, Map<String, Object> others) {
        others.forEach((key, other) -> {
            if (other == null) {
                values.remove(key);
            } else if (values.get(key) instanceof Map<?, ?> map && other instanceof Map<?, ?> otherMap) {
                Map<String, Object> merged = object(map);
                merge(merged, object(otherMap));
                values.put(key, merged);
            } else {
                values.put(key, other);
            }
        });
    }

    /** A document of YAML that is a map. */
    public static Map<String, Object> yaml(String text) {
        return object(new Load(LoadSettings.builder().build()).loadFromString(text));
    }

    /** The documents of a rendered chart. */
    public static List<Map<String, Object>> documents(String rendered) {
        List<Map<String, Object>> documents = new ArrayList<>();
        new Load(LoadSettings.builder().build()).loadAllFromString(rendered).forEach(document -> {
            if (document instanceof Map<?, ?> map) {
                documents.add(object(map));
            }
        });
        return documents;
    }

    /** A copy of a map with string keys; empty when it is no map. */
    static Map<String, Object> object(@Nullable Object value) {
        Map<String, Object> copy = new LinkedHashMap<>();
        if (value instanceof Map<?, ?> map) {
            map.forEach((key, each) -> copy.put(String.valueOf(key), each));
        }
        return copy;
    }
}
