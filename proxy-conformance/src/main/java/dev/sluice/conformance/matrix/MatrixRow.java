// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.matrix;

import dev.sluice.conformance.scenario.Scenario;
import java.util.Arrays;

/**
 * A behaviour of kube-proxy.
 *
 * @param letters the modes that it concerns: T iptables, V ipvs, N nftables, U userspace, D any one mode
 */
public record MatrixRow(int number, String letters, String section, String behaviour) {

    /** Whether the behaviour concerns the modes of {@code column}. */
    public boolean concerns(Column column) {
        return letters.indexOf(column.letter()) >= 0;
    }

    /** Whether {@code scenario} covers this row. */
    boolean isOf(Scenario scenario) {
        return isNamedIn(scenario.rows());
    }

    /** @param rows as in {@link Scenario#rows}: numbers and other words, separated by commas */
    boolean isNamedIn(String rows) {
        return Arrays.stream(rows.split(",", -1)).anyMatch(r -> r.strip().equals(Integer.toString(number)));
    }
}
