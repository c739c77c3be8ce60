// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables.sync;

import dev.sluice.iptables.render.ChainOwnership;
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
 * The chains of removed Services and dispatch branches. Many of them are deleted in batches, all emptied first, because
 * they jump to each other.
 */
final class StaleChains {
    private final SavedTable saved;
    private final Predicate<String> deletable;
    private final List<String> stale;

    /**
     * @param deletable whether a chain of that name may be deleted
     * @param desired whether it must stay
     */
    StaleChains(SavedTable saved, Predicate<String> deletable, Predicate<String> desired) {
        this.saved = saved;
        this.deletable = deletable;
        this.stale = saved.chains().stream()
                .filter(deletable)
                .filter(chain -> !desired.test(chain))
                .toList();
    }

    void delete(BatchWriter writer) throws RestoreException {
        int size = Math.max(1, writer.linesPerRestore() / 4);
        Set<String> emptied = new HashSet<>();
        if (stale.size() > size) {
            for (List<String> batch : batches(size)) {
                RestoreScript script = new RestoreScript().table(saved.table());
                batch.forEach(script::declare);
                writer.restore(script);
                emptied.addAll(batch);
            }
        }
        for (List<String> batch : batches(size)) {
            delete(batch, emptied, writer);
        }
    }

    private List<List<String>> batches(int size) {
        List<List<String>> batches = new ArrayList<>();
        for (int from = 0; from < stale.size(); from += size) {
            batches.add(stale.subList(from, Math.min(stale.size(), from + size)));
        }
        return batches;
    }

    private void delete(List<String> batch, Set<String> emptied, BatchWriter writer) throws RestoreException {
        Set<String> deleted = new HashSet<>(batch);
        Map<String, List<String>> found = new HashMap<>();
        TableRules.Builder kept = TableRules.of(saved.table());
        for (String chain : new ArrayList<>(saved.chains())) {
            List<String> rules = emptied.contains(chain) ? List.of() : saved.rules(chain);
            found.put(chain, rules);
            if (ChainOwnership.ownsChain(saved.table(), chain) && !deleted.contains(chain)) {
                kept.chain(chain, rules);
            }
        }
        RestoreScript script = new RestoreScript();
        TableDiff.plan(SavedTable.of(saved.table(), found), kept.build(), deletable, script);
        writer.restore(script);
    }
}
