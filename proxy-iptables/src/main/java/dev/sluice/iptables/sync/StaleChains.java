package dev.sluice.iptables.sync;

import dev.sluice.iptables.render.FixedChains;
import dev.sluice.linux.iptables.RestoreException;
import dev.sluice.linux.iptables.RestoreScript;
import dev.sluice.linux.iptables.SavedTable;
import dev.sluice.linux.iptables.TableDiff;
import dev.sluice.linux.iptables.TableRules;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Takes away the chains of Services and dispatch trees that nobody wants any more. Many go in portions: all are emptied first,
 * because they lead to each other.
 */
final class StaleChains {
    private final SavedTable saved;
    private final Predicate<String> mayGo;
    private final List<String> stale;

    /**
     * @param mayGo whether a chain is one of ours, by name
     * @param wanted whether it is to stay
     */
    StaleChains(SavedTable saved, Predicate<String> mayGo, Predicate<String> wanted) {
        this.saved = saved;
        this.mayGo = mayGo;
        this.stale = saved.chains().stream()
                .filter(mayGo)
                .filter(chain -> !wanted.test(chain))
                .toList();
    }

    void delete(PortWriter writer) throws RestoreException {
        int portion = Math.max(1, writer.linesPerRestore() / 4);
        Set<String> emptied = new HashSet<>();
        if (stale.size() > portion) {
            for (int from = 0; from < stale.size(); from += portion) {
                List<String> some = stale.subList(from, Math.min(stale.size(), from + portion));
                RestoreScript script = new RestoreScript().table(saved.table());
                some.forEach(script::declare);
                writer.restore(script);
                emptied.addAll(some);
            }
        }
        for (int from = 0; from < stale.size(); from += portion) {
            delete(stale.subList(from, Math.min(stale.size(), from + portion)), emptied, writer);
        }
    }

    private void delete(List<String> portion, Set<String> emptied, PortWriter writer) throws RestoreException {
        Set<String> going = new HashSet<>(portion);
        Map<String, List<String>> now = new HashMap<>();
        TableRules.Builder kept = TableRules.of(saved.table());
        for (String chain : new ArrayList<>(saved.chains())) {
            List<String> rules = emptied.contains(chain) ? List.of() : saved.rules(chain);
            now.put(chain, rules);
            if (FixedChains.isOwned(saved.table(), chain) && !going.contains(chain)) {
                kept.chain(chain, rules);
            }
        }
        RestoreScript script = new RestoreScript();
        TableDiff.plan(SavedTable.of(saved.table(), now), kept.build(), mayGo, script);
        writer.restore(script);
    }
}
