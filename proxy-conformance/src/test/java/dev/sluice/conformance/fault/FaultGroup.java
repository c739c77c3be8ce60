// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.fault;

import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Rows that are played one after the other against the same daemon. */
record FaultGroup(SiteSetup setup, List<FaultRow> rows) {
    FaultGroup {
        rows = List.copyOf(rows);
    }

    static FaultGroup of(SiteSetup setup, FaultRow... rows) {
        return new FaultGroup(setup, List.of(rows));
    }

    /** This group with those of its rows; empty when there are none. */
    Stream<FaultGroup> only(Predicate<FaultRow> which) {
        List<FaultRow> chosen = rows.stream().filter(which).toList();
        return chosen.isEmpty() ? Stream.empty() : Stream.of(new FaultGroup(setup, chosen));
    }
}
