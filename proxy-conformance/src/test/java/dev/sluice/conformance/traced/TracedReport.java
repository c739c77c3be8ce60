// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.traced;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What came of the steps of traced scenarios. */
final class TracedReport {
    private final List<String> failures = new ArrayList<>();
    private final Map<String, Integer> skipped = new TreeMap<>();
    private int agreed;

    void agreed() {
        agreed++;
    }

    void failed(String what) {
        failures.add(what);
    }

    /** @param reason why a trace cannot show the step */
    void skipped(String reason) {
        skipped.merge(reason, 1, Integer::sum);
    }

    /** The number of probes whose trace is as the scenario expects. */
    int agreements() {
        return agreed;
    }

    List<String> failures() {
        return List.copyOf(failures);
    }

    @Override
    public String toString() {
        StringBuilder s = new StringBuilder();
        s.append(agreed).append(" probes agree, ").append(failures.size()).append(" do not");
        skipped.forEach((reason, count) ->
                s.append("\n  ").append(count).append(" steps skipped: ").append(reason));
        return s.toString();
    }
}
