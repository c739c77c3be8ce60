// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.config.ProxyMode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A mode is named in its own folder, and else only where docs/adding-a-mode.md says. Tests, scenarios, drills and
 * benchmarks are about single modes and are not looked at, and neither is documentation.
 */
class ModeNamesTest {
    private static final Path TOP = Path.of("..").toAbsolutePath().normalize();

    /** Where every mode is named, and why. */
    private static final Map<String, String> PLACES = new TreeMap<>(Map.of(
            "pom.xml", "Maven's list of rooms",
            "proxy-daemon/pom.xml", "the built daemon contains the rooms of the modes",
            "proxy-core/src/main/java/dev/sluice/core/config/ProxyMode.java", "the constant",
            "proxy-daemon/src/main/java/dev/sluice/daemon/ProxyAssembly.java", "the line of the switch"));

    /** Where a mode may be named besides, and why. */
    private static final Map<String, String> FURTHER_PLACES = new TreeMap<>(Map.of(
            "sluice", "the launcher's JVM flags: with the optimizing compiler where this process carries the traffic",
            "Makefile", "the demo, the drills and the benchmarks of single modes",
            "dev/bench", "the benchmarks of single modes",
            "dev/demo", "which mode to show",
            "dev/drill", "the drills of single modes",
            "dev/setup", "the peers that a benchmark needs"));

    private static final Set<String> SCRIPTS = Set.of("Makefile", "sluice");
    private static final String NOT_OF_THE_DAEMON = "proxy-(testkit|conformance|drills|bench)";

    @ParameterizedTest
    @EnumSource(ProxyMode.class)
    void isNamedWhereTheListSaysAndNowhereElse(ProxyMode mode) throws IOException {
        Set<String> named = new TreeSet<>();
        for (Path file : files()) {
            if (names(mode).matcher(Files.readString(file)).find()) {
                named.add(TOP.relativize(file).toString());
            }
        }
        named.removeIf(file -> file.startsWith("proxy-" + mode.flagValue() + "/"));
        named.removeAll(FURTHER_PLACES.keySet());
        assertThat(named).containsExactlyElementsOf(PLACES.keySet());
    }

    /**
     * What names a mode, and not only a tool or a facility of the kernel that has the same name: its package, its room,
     * its constant, and the word "mode" beside it.
     */
    private static Pattern names(ProxyMode mode) {
        String name = mode.flagValue();
        return Pattern.compile(
                String.join(
                        "|",
                        "dev\\.sluice\\." + name + "\\b",
                        "\\bproxy-" + name + "\\b",
                        "\\bProxyMode\\." + mode.name() + "\\b",
                        "\\bcase " + mode.name() + "\\b",
                        "^    " + mode.name() + "[,;]",
                        "(?i)\\b" + name + "[ -]mode\\b",
                        "(?i)\\bmodes?[ =:]+" + name + "\\b",
                        "\\bbench[ -]" + name + "\\b"),
                Pattern.MULTILINE);
    }

    private static List<Path> files() throws IOException {
        try (Stream<Path> top = Files.list(TOP)) {
            return top.filter(entry -> !entry.getFileName().toString().matches(NOT_OF_THE_DAEMON))
                    .flatMap(ModeNamesTest::production)
                    .toList();
        }
    }

    /** What of an entry at the top is production code, a script or a build file. */
    private static Stream<Path> production(Path entry) {
        String name = entry.getFileName().toString();
        if (SCRIPTS.contains(name) || name.equals("pom.xml")) {
            return Stream.of(entry);
        }
        if (name.equals("dev")) {
            return walk(entry);
        }
        return name.startsWith("proxy-")
                ? Stream.concat(Stream.of(entry.resolve("pom.xml")), walk(entry.resolve("src/main")))
                : Stream.empty();
    }

    private static Stream<Path> walk(Path folder) {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(Files::isRegularFile).toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
