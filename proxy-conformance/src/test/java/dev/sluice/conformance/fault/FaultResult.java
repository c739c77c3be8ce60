// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.fault;

/**
 * One row of the table.
 *
 * @param noticed when, for people
 * @param where every sign of it, for people
 * @param lost the calls that were not answered, and those that were
 * @param recovered how soon, for people
 * @param error empty when everything was as it should be
 */
record FaultResult(
        String fault, String noticed, String where, String lost, String recovered, long millis, String error) {

    static String head() {
        return "| fault | noticed after | reported where | traffic lost | recovered after |\n|---|---|---|---|---|\n";
    }

    /** A row that could not be played. */
    static FaultResult notPlayed(FaultRow row, String error) {
        return new FaultResult(row.fault(), "", "", "", "", 0, error);
    }

    /** One line, which {@link #parse} reads. */
    String tsv() {
        return String.join(
                "\t", fault, noticed, where, lost, recovered, Long.toString(millis), error.replaceAll("[\t\n]", " "));
    }

    static FaultResult parse(String line) {
        String[] cells = line.split("\t", -1);
        return new FaultResult(cells[0], cells[1], cells[2], cells[3], cells[4], Long.parseLong(cells[5]), cells[6]);
    }

    String markdown() {
        return "| " + fault + " | " + noticed + " | " + where + " | " + lost + " | " + recovered + " |\n";
    }
}
