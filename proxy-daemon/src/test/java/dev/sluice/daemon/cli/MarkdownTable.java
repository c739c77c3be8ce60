// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The rows of the tables of a document. */
final class MarkdownTable {
    private static final Pattern CELLS = Pattern.compile("(?<!\\\\)\\|");

    private MarkdownTable() {}

    /**
     * The rows of the tables below a heading, those that begin with code. The code in the first cell has no back-ticks,
     * and no cell a backslash before a vertical bar.
     */
    static List<List<String>> of(Path document, String heading) throws IOException {
        List<String> lines = Files.readAllLines(document);
        int at = lines.indexOf(heading);
        if (at < 0) {
            throw new IllegalStateException(document + " has no heading " + heading);
        }
        return lines.stream()
                .skip(at + 1)
                .takeWhile(line -> !line.startsWith("#"))
                .filter(line -> line.startsWith("| `"))
                .map(MarkdownTable::cells)
                .toList();
    }

    private static List<String> cells(String row) {
        String inner = row.substring(1, row.lastIndexOf('|'));
        List<String> cells = Stream.of(CELLS.split(inner, -1))
                .map(cell -> cell.trim().replace("\\|", "|"))
                .collect(Collectors.toCollection(ArrayList::new));
        if (cells.getFirst().matches("`[^`]*`")) {
            cells.set(0, cells.getFirst().substring(1, cells.getFirst().length() - 1));
        }
        return cells;
    }
}
