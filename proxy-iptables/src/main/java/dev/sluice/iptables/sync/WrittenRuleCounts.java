// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables.sync;

import static dev.sluice.iptables.render.SharedChains.FILTER;
import static dev.sluice.iptables.render.SharedChains.NAT;

import dev.sluice.core.kernel.ObjectKind;
import dev.sluice.iptables.render.SharedChains;
import java.util.HashMap;
import java.util.Map;

/** How many rules one sync wrote, by table. Declared chains and deletions do not count, as in kube-proxy. */
final class WrittenRuleCounts {
    private final Map<String, Long> byTable = new HashMap<>(Map.of(NAT, 0L, FILTER, 0L));

    /** Counts the rules of an input that {@code iptables-restore} has accepted. */
    void add(String restored) {
        String table = "";
        for (int start = 0; start < restored.length(); ) {
            int end = restored.indexOf('\n', start);
            end = end < 0 ? restored.length() : end;
            if (restored.startsWith("*", start)) {
                table = restored.substring(start + 1, end);
            } else if (restored.startsWith("-A ", start) || restored.startsWith("-I ", start)) {
                byTable.merge(table, 1L, Long::sum);
            }
            start = end + 1;
        }
    }

    void add(WrittenRuleCounts other) {
        other.byTable.forEach((table, rules) -> byTable.merge(table, rules, Long::sum));
    }

    Map<ObjectKind, Long> counts() {
        return Map.of(
                SharedChains.NAT_RULES, byTable.getOrDefault(NAT, 0L),
                SharedChains.FILTER_RULES, byTable.getOrDefault(FILTER, 0L));
    }
}
