// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.matrix;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The reason why rows of the matrix have no scenario in some modes.
 *
 * @param rows the rows' numbers
 * @param letters the modes, as in {@link MatrixRow}
 * @param text for {@link Kind#UNIT} the tests, as {@code Class.method} separated by commas
 */
public record Reason(List<Integer> rows, String letters, Kind kind, String text) {

    /** The kind of a reason, which the table shows instead of a result. */
    public enum Kind {
        /** Another test of the build covers it. */
        UNIT("unit test"),
        /** Sluice differs on purpose. */
        DIFFERS("differs"),
        /** It cannot be tested on a machine like this. */
        NOT_HERE("not here"),
        /** It is not implemented yet. */
        OPEN("open");

        private final String cell;

        Kind(String cell) {
            this.cell = cell;
        }

        public String cell() {
            return cell;
        }
    }

    boolean covers(MatrixRow row, Column column) {
        return rows.contains(row.number()) && letters.indexOf(column.letter()) >= 0;
    }

    /** Parses {@code rows<TAB>letters<TAB>kind<TAB>text}, with rows as {@code 3,7-9}. */
    static Reason parse(String line) {
        String[] f = line.split("\t", -1);
        if (f.length != 4) {
            throw new IllegalArgumentException("want rows, modes, kind and text with tabs between: '" + line + "'");
        }
        List<Integer> rows = Stream.of(f[0].split(",", -1))
                .flatMapToInt(range -> {
                    String[] ends = range.split("-", 2);
                    int first = Integer.parseInt(ends[0]);
                    return IntStream.rangeClosed(first, ends.length == 1 ? first : Integer.parseInt(ends[1]));
                })
                .boxed()
                .toList();
        return new Reason(rows, f[1], Kind.valueOf(f[2]), f[3]);
    }
}
