// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.gap;

import java.util.List;
import java.util.Locale;

/**
 * The outcomes of new connections while rules changed.
 *
 * @param changes changes of rules meanwhile
 * @param seconds the duration
 * @param retransmissions SYNs that were sent again, by the kernel's count
 * @param stalls direct connections to Pods that waited meanwhile, beside all rules
 * @param slow answered, but after 900 ms or more
 * @param refused refused although there were endpoints
 * @param lost without an answer, or sent where no endpoint is
 * @param wrong answered by a Pod that was not, or no longer, an endpoint of the Service
 * @param cut accepted and then cut
 * @param mishaps the first failures, as text
 */
public record GapCounts(
        int changes,
        double seconds,
        int connections,
        long retransmissions,
        int stalls,
        int slow,
        int refused,
        int lost,
        int wrong,
        int cut,
        List<String> mishaps) {
    public static final String HEADER = "| rules written by | Services | changes | seconds | connections | a second |"
            + " SYNs sent again | stalls | slow | refused | lost | wrong | cut |\n"
            + "|---|---|---|---|---|---|---|---|---|---|---|---|---|";

    public GapCounts {
        mishaps = List.copyOf(mishaps);
    }

    /**
     * Whether every connection was answered by an allowed Pod, and the rules lost no SYN. A slow connection whose SYN
     * was not sent again waited for a busy machine, and so did SYNs that were sent again while direct connections to
     * Pods waited as long. A missing rule shows otherwise: three of four connections are refused at once, or find no
     * route (measured by letting 100 Services be late by 400 ms: 32 of 854 lost at once, 28 SYNs sent again).
     */
    public boolean isSeamless() {
        return (retransmissions == 0 || stalls > 0) && refused == 0 && lost == 0 && wrong == 0 && cut == 0;
    }

    /** A row of the table that begins with {@link #HEADER}. */
    public String row(String writer, int services) {
        return String.format(
                Locale.ROOT,
                "| %s | %d | %d | %.1f | %d | %.0f | %d | %d | %d | %d | %d | %d | %d |",
                writer,
                services,
                changes,
                seconds,
                connections,
                connections / seconds,
                retransmissions,
                stalls,
                slow,
                refused,
                lost,
                wrong,
                cut);
    }
}
