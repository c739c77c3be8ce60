// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.rooms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.testkit.daemon.Launcher;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class RoomTableTest {
    private static final Path TOP = Launcher.repository();
    /** The kit uses these rooms, so their laws are tested by {@link RoomsBelowTest}. */
    private static final List<String> BELOW = List.of("core", "linux");

    @Test
    void readsRows() {
        RoomTable table = RoomTable.parse(List.of(
                "| folder | what lives there | what it may use |",
                "|---|---|---|",
                "| `proxy-core` | the model | nothing |",
                "| `proxy-hall` | a proxy, with `main` | `core`, `Netty`, and `java.lang.foreign` |"));

        RoomTable.Row hall = table.row("hall");

        assertThat(table.rows()).containsOnlyKeys("core", "hall");
        assertThat(hall.rooms()).containsExactly("core");
        assertThat(hall.libraries()).containsExactlyInAnyOrder(Library.NETTY, Library.FOREIGN);
        assertThatThrownBy(() -> table.row("attic")).hasMessageContaining("no row of proxy-attic");
    }

    @Test
    void refusesWhatIsNeitherARoomNorALibrary() {
        assertThatThrownBy(() -> RoomTable.parse(List.of("| `proxy-hall` | a proxy | `Nety` |")))
                .hasMessageContaining("proxy-hall uses 'Nety'");
    }

    @Test
    void everyModuleHasARowAndATestOfItsLaws() throws IOException {
        List<String> modules = Pattern.compile("<module>proxy-(\\w+)</module>")
                .matcher(Files.readString(TOP.resolve("pom.xml")))
                .results()
                .map(m -> m.group(1))
                .toList();

        assertThat(RoomTable.read().rows()).containsOnlyKeys(modules);
        for (String room : modules) {
            if (!BELOW.contains(room)) {
                Path test = TOP.resolve("proxy-" + room + "/src/test/java/dev/sluice/" + room + "/RoomTest.java");
                assertThat(test).content().contains("class RoomTest extends RoomLaws {");
            }
        }
    }
}
