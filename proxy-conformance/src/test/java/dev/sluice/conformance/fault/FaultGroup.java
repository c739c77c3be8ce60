// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.fault;

import java.util.List;

/** Rows that are played one after the other against the same daemon. */
record FaultGroup(SiteSetup setup, List<FaultRow> rows) {
    FaultGroup {
        rows = List.copyOf(rows);
    }

    static FaultGroup of(SiteSetup setup, FaultRow... rows) {
        return new FaultGroup(setup, List.of(rows));
    }
}
