// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.scan;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** One simple name means one thing in the whole repository. */
class SimpleNamesTest {

    @Test
    void noClassHasTheNameOfAnother() throws IOException {
        Map<String, Integer> counts = new TreeMap<>();
        SourceTree.production().stream()
                .map(file -> file.getFileName().toString())
                .filter(name -> !name.equals("package-info.java"))
                .forEach(name -> counts.merge(name, 1, Integer::sum));

        counts.values().removeIf(count -> count == 1);

        assertThat(counts).as("names that several classes have").isEmpty();
    }
}
