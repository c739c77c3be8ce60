package dev.sluice.iptables;

import dev.sluice.linux.iptables.RestoreScript;
import dev.sluice.linux.iptables.RuleLine;
import dev.sluice.linux.iptables.SavedTable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The rules found in the shared chains of one table, as a bag: each one belongs to some port, and their order does not
 * matter. Ports take theirs out; what is left at the end belongs to nobody.
 */
final class SharedRules {
    private final Map<RuleLine, Integer> left = new LinkedHashMap<>();

    SharedRules(SavedTable table, Collection<String> chains) {
        for (String chain : chains) {
            for (String spec : table.rules(chain)) {
                left.merge(new RuleLine(chain, spec), 1, Integer::sum);
            }
        }
    }

    /** Takes one rule out; false when there is none like it. */
    boolean take(RuleLine rule) {
        Integer count = left.get(rule);
        if (count == null) {
            return false;
        }
        if (count == 1) {
            left.remove(rule);
        } else {
            left.put(rule, count - 1);
        }
        return true;
    }

    /** Takes {@code rules} out and answers those that were not there. */
    List<RuleLine> missingOf(List<RuleLine> rules) {
        List<RuleLine> missing = new ArrayList<>();
        for (RuleLine rule : rules) {
            if (!take(rule)) {
                missing.add(rule);
            }
        }
        return List.copyOf(missing);
    }

    /** Deletes everything that is left. */
    void deleteLeftovers(RestoreScript out) {
        left.forEach((rule, count) -> {
            for (int i = 0; i < count; i++) {
                out.delete(rule.chain(), rule.spec());
            }
        });
    }
}
