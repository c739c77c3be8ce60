// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The tables of docs/annotations.md and docs/metrics.md name what the sources of the modules define, no more and no
 * less.
 */
class DocumentedNamesTest {
    private static final Path TOP = Path.of("..").toAbsolutePath().normalize();
    private static final Pattern ANNOTATION = Pattern.compile("\"(sluice\\.dev/[a-z0-9-]+)\"");
    private static final Pattern METRIC =
            Pattern.compile("\"((?:kubeproxy|kubernetes|sluice|process|rest_client)_[a-z0-9_]*[a-z0-9])\"");

    /** The first argument of a metric that is named relative to the constant PREFIX of its file. */
    private static final Pattern PREFIXED =
            Pattern.compile("(?:PREFIX \\+|counter\\(|gauge\\()\\s*\"([a-z][a-z0-9_]+)\"");

    private static final Pattern PREFIX = Pattern.compile("String PREFIX = \"([a-z_]+_)\"");

    /** Literals that look like a metric's name and are not: an object in the kernel, a part of a composed name. */
    private static final Set<String> NO_METRIC = Set.of("sluice_probe", "kubeproxy_proxy");

    /** Named by their path at run time: {@code kubeproxy_proxy_<page>_total}. */
    private static final Set<String> OF_PAGES = Set.of("kubeproxy_proxy_healthz_total", "kubeproxy_proxy_livez_total");

    @Test
    void everyAnnotationHasARow() throws IOException {
        Set<String> defined = new TreeSet<>();
        for (String source : sources()) {
            defined.addAll(found(ANNOTATION, source));
        }
        assertThat(defined).isNotEmpty();
        assertThat(firstColumn("annotations.md", "sluice\\.dev/[a-z0-9-]+")).isEqualTo(defined);
    }

    @Test
    void everyMetricHasARow() throws IOException {
        Set<String> defined = new TreeSet<>(OF_PAGES);
        for (String source : sources()) {
            defined.addAll(found(METRIC, source));
            found(PREFIX, source)
                    .forEach(prefix -> found(PREFIXED, source).stream()
                            .filter(name -> !name.matches("(kubeproxy|sluice)_.*"))
                            .forEach(name -> defined.add(prefix + name)));
        }
        defined.removeAll(NO_METRIC);
        Set<String> listed =
                firstColumn("metrics.md", "(?:kubeproxy|kubernetes|sluice|process|rest_client)_[a-z0-9_]+");
        assertThat(withoutTotal(listed)).isEqualTo(withoutTotal(defined));
    }

    /** The name of a counter made by snapshot lacks the suffix that the page shows. */
    private static Set<String> withoutTotal(Set<String> names) {
        return names.stream()
                .map(name -> name.replaceFirst("_total$", ""))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> firstColumn(String file, String name) throws IOException {
        Pattern span = Pattern.compile("`(" + name + ")`");
        Set<String> names = new TreeSet<>();
        for (String line : Files.readAllLines(TOP.resolve("docs").resolve(file))) {
            if (line.startsWith("| `")) {
                names.addAll(found(span, line.substring(0, line.indexOf(" | "))));
            }
        }
        return names;
    }

    private static Set<String> found(Pattern pattern, String text) {
        return pattern.matcher(text)
                .results()
                .map((MatchResult r) -> r.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** The production sources of what runs on a node. */
    private static List<String> sources() throws IOException {
        try (Stream<Path> modules = Files.list(TOP)) {
            List<Path> roots = modules.filter(DocumentedNamesTest::runsOnANode)
                    .map(module -> module.resolve("src/main/java"))
                    .filter(Files::isDirectory)
                    .toList();
            return roots.stream().flatMap(DocumentedNamesTest::read).toList();
        }
    }

    private static boolean runsOnANode(Path module) {
        return module.getFileName().toString().matches("proxy-(?!testkit|conformance|drills|bench).*");
    }

    private static Stream<String> read(Path root) {
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(f -> f.toString().endsWith(".java")).toList().stream()
                    .map(DocumentedNamesTest::text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
