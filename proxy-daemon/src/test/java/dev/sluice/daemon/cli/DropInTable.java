// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A table of docs/drop-in.md: a name, what is known of it, and then yes, no, "no effect" or "differs", with a remark.
 * The code says everything but the remark.
 */
public final class DropInTable {
    public static final Path DOCUMENT = Path.of("..", "docs", "drop-in.md");

    private final Map<String, String> remarks = new LinkedHashMap<>();
    private final List<String> written = new ArrayList<>();
    private final List<String> expected = new ArrayList<>();

    private DropInTable() {}

    /** The table below a heading. */
    public static DropInTable of(String heading) throws IOException {
        DropInTable table = new DropInTable();
        for (List<String> row : MarkdownTable.of(DOCUMENT, heading)) {
            table.remarks.put(row.getFirst(), row.getLast());
            table.written.add(line(row));
        }
        return table;
    }

    /** The next row should be of {@code name}, have these cells, and a remark unless the last one says yes. */
    public void expect(String name, String... cells) {
        List<String> row = new ArrayList<>(List.of(name));
        row.addAll(List.of(cells));
        boolean plain = cells[cells.length - 1].equals("yes");
        String remark = remarks.getOrDefault(name, "");
        row.add(plain || !remark.isEmpty() ? remark : "WHY?");
        expected.add(line(row));
    }

    /** Fails when the document has other rows, with those that it should have. */
    public void verify() {
        assertThat(written)
                .as("docs/drop-in.md should have these rows:%n%s%n", String.join("\n", expected))
                .isEqualTo(expected);
    }

    private static String line(List<String> cells) {
        return "| `" + cells.getFirst() + "` | " + String.join(" | ", cells.subList(1, cells.size())) + " |";
    }
}
