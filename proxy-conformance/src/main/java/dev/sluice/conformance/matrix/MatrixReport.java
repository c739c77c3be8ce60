// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.matrix;

import dev.sluice.conformance.scenario.Result;
import dev.sluice.conformance.scenario.Result.Status;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The matrix with the results of each row, both families taken together. */
public final class MatrixReport {
    private static final String CONCERNS_NOT = ".";
    private static final String NOT_RUN = "not run";

    private final Matrix matrix;
    private final Collection<Result> results;

    public MatrixReport(Matrix matrix, Collection<Result> results) {
        this.matrix = matrix;
        this.results = List.copyOf(results);
    }

    /** {@code pass}, {@code FAIL}, {@code unsteady}, {@code skip}, a reason's word, {@code not run}, or a dot. */
    String cell(MatrixRow row, Column column) {
        List<Status> found = results.stream()
                .filter(r -> column.shows(r.flavour()) && row.isNamedIn(r.rows()))
                .map(Result::status)
                .toList();
        if (!row.concerns(column)) {
            return CONCERNS_NOT;
        }
        if (found.contains(Status.FAIL)) {
            return "FAIL";
        }
        if (found.contains(Status.UNSTEADY)) {
            return "unsteady";
        }
        if (found.contains(Status.PASS)) {
            return "pass";
        }
        if (found.contains(Status.SKIP)) {
            return "skip";
        }
        return matrix.reason(row, column).map(r -> r.kind().cell()).orElse(NOT_RUN);
    }

    /** A line for each column: the number of rows that concern it, and their results. */
    public String summary() {
        return Arrays.stream(Column.values())
                .map(column -> {
                    Map<String, Long> counts = matrix.rows().stream()
                            .filter(row -> row.concerns(column))
                            .collect(Collectors.groupingBy(
                                    row -> cell(row, column), TreeMap::new, Collectors.counting()));
                    long all = counts.values().stream().mapToLong(n -> n).sum();
                    return String.format(Locale.ROOT, "%-15s %3d rows: ", column.label(), all)
                            + counts.entrySet().stream()
                                    .map(e -> e.getValue() + " " + e.getKey())
                                    .collect(Collectors.joining(", "));
                })
                .collect(Collectors.joining("\n", "", "\n"));
    }

    /** The table in Markdown, followed by the reasons. */
    public String markdown() {
        StringBuilder s = new StringBuilder("# kube-proxy's behaviours, and what came of each\n\n```\n");
        s.append(summary()).append("```\n\n");
        s.append("`pass` and `FAIL`: seen with real packets or processes, both families. `unit test`: another test of"
                + " the");
        s.append(
                " build. `differs`: otherwise on purpose. `not here`: cannot be tested on such a machine. `open`: not");
        s.append(" there yet. `.`: does not concern the mode.\n");
        String section = "";
        for (MatrixRow row : matrix.rows()) {
            if (!row.section().equals(section)) {
                section = row.section();
                s.append("\n## ").append(section).append("\n\n| # | behaviour |");
                Arrays.stream(Column.values())
                        .forEach(c -> s.append(' ').append(c.label()).append(" |"));
                s.append("\n|---|---|")
                        .append("---|".repeat(Column.values().length))
                        .append('\n');
            }
            s.append("| ").append(row.number()).append(" | ").append(row.behaviour());
            Arrays.stream(Column.values()).forEach(c -> s.append(" | ").append(cell(row, c)));
            s.append(" |\n");
        }
        return s.append(reasons()).toString();
    }

    private String reasons() {
        StringBuilder s = new StringBuilder("\n## Why a row has no result of its own\n\n");
        for (Reason reason : matrix.reasons()) {
            String rows = matrix.rows().stream()
                    .filter(row -> Arrays.stream(Column.values())
                            .anyMatch(c -> row.concerns(c)
                                    && reason.covers(row, c)
                                    && cell(row, c).equals(reason.kind().cell())))
                    .map(row -> Integer.toString(row.number()))
                    .collect(Collectors.joining(", "));
            if (!rows.isEmpty()) {
                s.append("- ").append(rows).append(": ").append(reason.kind().cell());
                s.append(", ").append(reason.text()).append('\n');
            }
        }
        return s.toString();
    }
}
