// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.scan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.config.ProxyMode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A mode is named in its own folder, and else only where docs/adding-a-mode.md says. Tests, scenarios, drills and
 * benchmarks are about single modes and are not looked at, and neither is documentation.
 */
class ModeNamesTest {
    /** Where every mode is named, and why. */
    private static final Map<String, String> PLACES = new TreeMap<>(Map.of(
            "pom.xml", "Maven's list of rooms",
            "proxy-daemon/pom.xml", "the built daemon contains the rooms of the modes",
            "proxy-core/src/main/java/dev/sluice/core/config/ProxyMode.java", "the constant",
            "proxy-daemon/src/main/java/dev/sluice/daemon/ProxyAssembly.java", "the line of the switch"));

    /** Where a mode may be named besides, and why. */
    private static final Map<String, String> FURTHER_PLACES = new TreeMap<>(Map.of(
            "proxy-daemon/src/main/dist/launch.sh", "JVM options and cache of the mode, before the JVM starts",
            "Makefile", "the demo, the drills and the benchmarks of single modes",
            "dev/aot", "which modes this host can record",
            "dev/bench", "the benchmarks of single modes",
            "dev/demo", "which mode to show",
            "dev/drill", "the drills of single modes",
            "dev/setup", "the peers that a benchmark needs",
            "proxy-daemon/src/main/java/dev/sluice/daemon/leftovers/CleanUpCommand.java",
                    "what kube-proxy's mode of the same name leaves",
            "proxy-daemon/src/main/java/dev/sluice/daemon/leftovers/KubeProxyNftables.java", "the same"));

    /** Production code, scripts and build files of the daemon. */
    private static final Pattern LOOKED_AT = Pattern.compile(
            "pom\\.xml|Makefile|sluice|dev/.*|proxy-(?!testkit|conformance|drills|bench)\\w+/(pom\\.xml|src/main/.*)");

    @ParameterizedTest
    @EnumSource(ProxyMode.class)
    void isNamedWhereTheListSaysAndNowhereElse(ProxyMode mode) throws IOException {
        Set<String> named = new TreeSet<>();
        for (Path file : SourceTree.files(LOOKED_AT.asMatchPredicate())) {
            if (names(mode).matcher(SourceTree.text(file)).find()) {
                named.add(file.toString());
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
}
