// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.handback;

import java.time.Duration;
import java.util.List;
import java.util.Locale;

/**
 * What traffic saw in one phase.
 *
 * @param connections new TCP connections that were answered
 * @param failed new TCP connections that were not
 * @param slowest the longest time until a new connection was answered
 * @param datagrams datagrams from a new port that were answered
 * @param lostDatagrams datagrams from a new port that were not
 * @param uses uses of open connections that were answered
 * @param cut open connections that were cut
 * @param mishaps what failed, with how often
 */
public record PhaseCounts(
        String phase,
        Duration took,
        long connections,
        long failed,
        Duration slowest,
        long datagrams,
        long lostDatagrams,
        long uses,
        long cut,
        List<String> mishaps) {
    static final String HEADER = String.format(
            Locale.ROOT,
            "%-44s %7s | %7s %6s %8s | %7s %6s | %8s %4s",
            "phase",
            "took",
            "new TCP",
            "failed",
            "slowest",
            "UDP",
            "lost",
            "open used",
            "cut");

    public PhaseCounts {
        mishaps = List.copyOf(mishaps);
    }

    /** Everything that was lost. */
    public long lost() {
        return failed + lostDatagrams + cut;
    }

    String row() {
        return String.format(
                Locale.ROOT,
                "%-44s %5.1f s | %7d %6d %5d ms | %7d %6d | %9d %4d",
                phase,
                took.toMillis() / 1000.0,
                connections,
                failed,
                slowest.toMillis(),
                datagrams,
                lostDatagrams,
                uses,
                cut);
    }
}
