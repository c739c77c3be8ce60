// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.rooms;

import dev.sluice.testkit.daemon.Launcher;
import dev.sluice.testkit.lab.TextFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The table of rooms in {@code docs/architecture.md}.
 *
 * @param rows by the room's name without {@code proxy-}
 */
public record RoomTable(Map<String, Row> rows) {
    private static final Pattern ROW = Pattern.compile("\\| `proxy-(\\w+)` \\|[^|]*\\|([^|]*)\\|");
    private static final Pattern NAME = Pattern.compile("`(?:proxy-)?([^`]+)`");

    /**
     * A room.
     *
     * @param rooms the rooms that it may use
     */
    public record Row(String room, Set<String> rooms, Set<Library> libraries) {}

    /** Reads the table in this repository. */
    public static RoomTable read() {
        try {
            return parse(TextFile.lines(Launcher.repository().resolve("docs/architecture.md")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @throws IllegalArgumentException when a row names neither a room nor a library */
    static RoomTable parse(List<String> lines) {
        Map<String, Row> rows = new LinkedHashMap<>();
        for (String line : lines) {
            Matcher row = ROW.matcher(line);
            if (row.matches()) {
                rows.put(row.group(1), row(row.group(1), row.group(2)));
            }
        }
        rows.values()
                .forEach(row -> row.rooms().stream()
                        .filter(used -> !rows.containsKey(used))
                        .forEach(used -> {
                            throw new IllegalArgumentException(
                                    "proxy-" + row.room() + " uses '" + used + "', which is no room");
                        }));
        return new RoomTable(rows);
    }

    private static Row row(String room, String uses) {
        Set<String> rooms = new TreeSet<>();
        Set<Library> libraries = EnumSet.noneOf(Library.class);
        Matcher name = NAME.matcher(uses);
        while (name.find()) {
            Library.of(name.group(1)).ifPresentOrElse(libraries::add, () -> rooms.add(name.group(1)));
        }
        return new Row(room, rooms, libraries);
    }

    Row row(String room) {
        return Objects.requireNonNull(rows.get(room), () -> "docs/architecture.md has no row of proxy-" + room);
    }
}
