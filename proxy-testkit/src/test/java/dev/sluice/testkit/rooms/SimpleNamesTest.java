// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.rooms;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testkit.daemon.Launcher;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** One simple name means one thing in the whole repository. */
class SimpleNamesTest {
    private static final Pattern SOURCE = Pattern.compile(".*/proxy-\\w+/src/main/java/.*\\.java");

    @Test
    void noClassHasTheNameOfAnother() throws IOException {
        Map<String, Integer> counts = new TreeMap<>();
        try (Stream<Path> files = Files.walk(Launcher.repository())) {
            files.filter(file -> SOURCE.matcher(file.toString()).matches())
                    .map(file -> file.getFileName().toString())
                    .filter(name -> !name.equals("package-info.java"))
                    .forEach(name -> counts.merge(name, 1, Integer::sum));
        }

        assertThat(counts).isNotEmpty();
        counts.values().removeIf(count -> count == 1);
        assertThat(counts).as("names that several classes have").isEmpty();
    }
}
