// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.matrix;

import dev.sluice.conformance.scenario.Scenario;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Every behaviour of kube-proxy that the project knows of, and the reasons for those without a scenario. A scenario
 * takes precedence over a reason.
 */
public record Matrix(List<MatrixRow> rows, List<Reason> reasons) {

    /** The matrix of the project, from the resources {@code matrix.tsv} and {@code reasons.tsv}. */
    public static Matrix load() {
        List<MatrixRow> rows = new ArrayList<>();
        String section = "";
        List<String> lines = lines("matrix.tsv");
        for (String line : lines.subList(1, lines.size())) { // the first line names the columns
            if (line.startsWith("# ")) {
                section = line.substring(2);
            } else {
                String[] f = line.split("\t", -1);
                rows.add(new MatrixRow(Integer.parseInt(f[0]), f[1], section, f[2]));
            }
        }
        List<Reason> reasons = lines("reasons.tsv").stream()
                .filter(line -> !line.startsWith("#"))
                .map(Reason::parse)
                .toList();
        return new Matrix(List.copyOf(rows), reasons);
    }

    private static List<String> lines(String resource) {
        try (InputStream in = Matrix.class.getResourceAsStream(resource)) {
            return new String(Objects.requireNonNull(in, resource).readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The reason for an empty cell of {@code row} in {@code column}. */
    public Optional<Reason> reason(MatrixRow row, Column column) {
        return reasons.stream().filter(r -> r.covers(row, column)).findFirst();
    }

    /** The rows that concern {@code column} and have neither a scenario nor a reason there. */
    public List<MatrixRow> unexplained(Column column, Collection<Scenario> scenarios) {
        return rows.stream()
                .filter(row -> row.concerns(column)
                        && reason(row, column).isEmpty()
                        && scenarios.stream().noneMatch(s -> isTold(row, column, s)))
                .toList();
    }

    private static boolean isTold(MatrixRow row, Column column, Scenario scenario) {
        return row.isOf(scenario) && scenario.flavours().stream().anyMatch(column::shows);
    }
}
