// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables.dispatch;

import dev.sluice.linux.iptables.RestoreScript;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** The net change of some chains: what is added and removed again leaves no trace. */
final class ChainEdits implements ChainObserver {
    private final Map<String, Edit> edits = new LinkedHashMap<>();

    @Override
    public void chainCreated(String chain) {
        edit(chain).existence++;
    }

    @Override
    public void chainDeleted(String chain) {
        edit(chain).existence--;
    }

    @Override
    public void ruleAdded(String chain, String spec) {
        edit(chain).count(spec, 1);
    }

    @Override
    public void ruleRemoved(String chain, String spec) {
        edit(chain).count(spec, -1);
    }

    private Edit edit(String chain) {
        return edits.computeIfAbsent(chain, name -> new Edit());
    }

    /**
     * Writes the change.
     *
     * @param content the desired content of a chain, for chains that are shorter to rewrite than to edit
     */
    void writeTo(RestoreScript out, Function<String, DesiredChain> content) {
        edits.forEach((chain, edit) -> {
            if (edit.existence < 0) {
                out.deleteChain(chain);
            } else if (edit.existence > 0) {
                content.apply(chain).write(chain, out);
            } else {
                edit.writeTo(chain, out, content);
            }
        });
    }

    /** The change of one chain. */
    private static final class Edit {
        private final Map<String, Integer> rules = new LinkedHashMap<>();
        private int existence;

        void count(String spec, int change) {
            if (rules.merge(spec, change, Integer::sum) == 0) {
                rules.remove(spec);
            }
        }

        void writeTo(String chain, RestoreScript out, Function<String, DesiredChain> content) {
            List<String> added = new ArrayList<>();
            List<String> removed = new ArrayList<>();
            rules.forEach((spec, change) -> (change > 0 ? added : removed).add(spec));
            DesiredChain whole = removed.size() > 2 ? content.apply(chain) : null;
            if (whole != null && added.size() + removed.size() > whole.size()) {
                whole.write(chain, out);
                return;
            }
            added.reversed().forEach(spec -> out.insert(chain, 1, spec));
            removed.forEach(spec -> out.delete(chain, spec));
        }
    }
}
