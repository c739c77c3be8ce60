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

    String markdown() {
        return "| " + fault + " | " + noticed + " | " + where + " | " + lost + " | " + recovered + " |\n";
    }
}
