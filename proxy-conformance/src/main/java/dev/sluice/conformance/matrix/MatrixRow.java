// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.matrix;

import dev.sluice.conformance.scenario.Scenario;
import java.util.Arrays;

/**
 * A behaviour of kube-proxy.
 *
 * @param letters the modes that it is about: T iptables, V ipvs, N nftables, U userspace, D any one mode
 */
public record MatrixRow(int number, String letters, String section, String behaviour) {

    /** Whether the behaviour concerns what {@code column} shows. */
    public boolean concerns(Column column) {
        return letters.indexOf(column.letter()) >= 0;
    }

    /** Whether {@code scenario} is about this row. */
    boolean isOf(Scenario scenario) {
        return isNamedIn(scenario.rows());
    }

    /** @param rows as in {@link Scenario#rows}: numbers, and other things, between commas */
    boolean isNamedIn(String rows) {
        return Arrays.stream(rows.split(",", -1)).anyMatch(r -> r.strip().equals(Integer.toString(number)));
    }
}
