package dev.sluice.iptables.sync;

import dev.sluice.core.kernel.ObjectKind;
import dev.sluice.iptables.render.FixedChains;
import java.util.HashMap;
import java.util.Map;

/** How many rules one sync has written, by table. Declared chains and deletions do not count, as upstream. */
public final class WrittenRules {
    private final Map<String, Long> byTable = new HashMap<>(Map.of(FixedChains.NAT, 0L, FixedChains.FILTER, 0L));

    /** Counts the rules of an input that {@code iptables-restore} has accepted. */
    public void add(String restored) {
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

    public void add(WrittenRules other) {
        other.byTable.forEach((table, rules) -> byTable.merge(table, rules, Long::sum));
    }

    public Map<ObjectKind, Long> counts() {
        return Map.of(
                FixedChains.NAT_RULES, byTable.getOrDefault(FixedChains.NAT, 0L),
                FixedChains.FILTER_RULES, byTable.getOrDefault(FixedChains.FILTER, 0L));
    }
}
