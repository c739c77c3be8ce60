// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.fault;

/**
 * A fault, and how it is brought about, noticed and ended.
 *
 * @param fault a few words, as in the table of {@code docs/faults.md}
 */
record FaultRow(String fault, Play play) {

    /** Fails by throwing. */
    @FunctionalInterface
    interface Play {
        void run(FaultSite site, FaultRun run) throws Exception;
    }
}
