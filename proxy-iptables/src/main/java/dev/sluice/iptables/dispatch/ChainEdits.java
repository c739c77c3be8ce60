package dev.sluice.iptables.dispatch;

import dev.sluice.linux.iptables.RestoreScript;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** The net change of some chains: what came and went again in between leaves no trace. */
public final class ChainEdits implements ChainLog {
    private final Map<String, Edit> edits = new LinkedHashMap<>();

    @Override
    public void create(String chain) {
        edit(chain).existence++;
    }

    @Override
    public void drop(String chain) {
        edit(chain).existence--;
    }

    @Override
    public void put(String chain, String spec) {
        edit(chain).count(spec, 1);
    }

    @Override
    public void take(String chain, String spec) {
        edit(chain).count(spec, -1);
    }

    private Edit edit(String chain) {
        return edits.computeIfAbsent(chain, name -> new Edit());
    }

    /**
     * Writes the change.
     *
     * @param content what a chain is to hold, for chains that are quicker written anew
     */
    public void writeTo(RestoreScript out, Function<String, ChainContent> content) {
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

        void writeTo(String chain, RestoreScript out, Function<String, ChainContent> content) {
            List<String> more = new ArrayList<>();
            List<String> less = new ArrayList<>();
            rules.forEach((spec, change) -> (change > 0 ? more : less).add(spec));
            ChainContent all = less.size() > 2 ? content.apply(chain) : null;
            if (all != null && more.size() + less.size() > all.size()) {
                all.write(chain, out);
                return;
            }
            more.reversed().forEach(spec -> out.insert(chain, 1, spec));
            less.forEach(spec -> out.delete(chain, spec));
        }
    }
}
