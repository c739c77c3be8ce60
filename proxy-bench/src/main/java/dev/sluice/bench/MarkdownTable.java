// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.bench;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A table of a benchmark's output, in Markdown. */
public final class MarkdownTable {
    private final String title;
    private final String header;
    private final List<String> rows = new ArrayList<>();

    /** @param header the columns, separated by {@code |} */
    public MarkdownTable(String title, String header) {
        this.title = title;
        this.header = header;
    }

    /**
     * Adds a row.
     *
     * @param format the cells, separated by {@code |}
     */
    @SuppressWarnings("AnnotateFormatMethod") // would take a library for one annotation
    public void row(String format, Object... values) {
        rows.add("| " + String.format(Locale.ROOT, format, values) + " |");
    }

    public void print(PrintStream out) {
        out.println("\n## " + title + "\n\n| " + header + " |");
        out.println("|" + "---|".repeat(header.split("\\|").length));
        rows.forEach(out::println);
    }
}
