package dev.sluice.iptables.sync;

import static dev.sluice.iptables.render.FixedChains.FILTER;
import static dev.sluice.iptables.render.FixedChains.NAT;

import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.sync.KernelCost;
import dev.sluice.iptables.dispatch.ChainContent;
import dev.sluice.iptables.render.FixedChains;
import dev.sluice.iptables.render.FixedRules;
import dev.sluice.iptables.render.LoopbackGuard;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.iptables.ChainName;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.linux.iptables.RestoreScript;
import dev.sluice.linux.iptables.RuleLine;
import dev.sluice.linux.iptables.SavedTable;
import dev.sluice.linux.iptables.TableDiff;
import dev.sluice.linux.iptables.TableRules;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Looks at some chains only and makes them what they should be: the work after somebody else touched them, which does not
 * grow with the number of Services. All of it is one restore.
 */
public final class ChainRepair {
    /** From so many chains on, one save of the table is quicker than a look at each. */
    private static final int WHOLE_TABLE = 200;

    private final Iptables iptables;
    private final FixedRules fixed;
    private final boolean guardLoopback;
    private final RenderedChains rendered;
    private final List<KernelObject> mended = new ArrayList<>();

    public ChainRepair(Iptables iptables, FixedRules fixed, boolean guardLoopback, RenderedChains rendered) {
        this.iptables = iptables;
        this.fixed = fixed;
        this.guardLoopback = guardLoopback;
        this.rendered = rendered;
    }

    public Mended run(Set<KernelObject> touched) throws KernelException {
        Set<KernelObject> asked = new TreeSet<>(touched);
        asked.removeIf(ref -> !ref.kind().equals(NAT) && !ref.kind().equals(FILTER));
        Map<KernelObject, ChainContent> wanted = rendered.of(asked);
        RestoreScript script = new RestoreScript();
        for (String table : List.of(FILTER, NAT)) {
            mend(table, asked, wanted, script);
        }
        if (script.isEmpty()) {
            return Mended.NOTHING;
        }
        String text = script.text();
        iptables.restore(text);
        return new Mended(mended, new KernelCost(script.lines(), text.length()));
    }

    private void mend(
            String table, Set<KernelObject> asked, Map<KernelObject, ChainContent> wanted, RestoreScript script)
            throws KernelException {
        List<String> ours = new ArrayList<>();
        Set<String> hooks = new TreeSet<>();
        for (KernelObject ref : asked) {
            if (!ref.kind().equals(table)) {
                continue;
            }
            if (ChainName.isBuiltIn(ref.name())) {
                hooks.add(ref.name());
            } else if (wanted.containsKey(ref)) {
                ours.add(ref.name());
            }
        }
        boolean guard = guardLoopback
                && table.equals(FILTER)
                && (asked.contains(new KernelObject(FILTER, FixedChains.FIREWALL)) || !hooks.isEmpty());
        List<String> read = new ArrayList<>(ours);
        if (guard) {
            hooks.addAll(LoopbackGuard.HOOKS);
            read.add(FixedChains.FIREWALL);
        }
        read.addAll(hooks);
        SavedTable found = read(table, read);
        script.table(table);
        for (String chain : ours) {
            KernelObject ref = new KernelObject(table, chain);
            ChainContent content = wanted.getOrDefault(ref, ChainContent.inOrder(List.of()));
            int before = script.lines();
            if (found.has(chain)) {
                content.mend(chain, found.rules(chain), script);
            } else {
                content.write(chain, script);
            }
            note(ref, before, script);
        }
        for (String hook : hooks) {
            int before = script.lines();
            TableDiff.plan(
                    only(table, found, List.of(hook)),
                    jumps(table, hook),
                    chain -> FixedChains.isOwned(table, chain),
                    script);
            note(new KernelObject(table, hook), before, script);
        }
        if (guard) {
            int before = script.lines();
            LoopbackGuard.install(found, script);
            note(new KernelObject(table, FixedChains.FIREWALL), before, script);
        }
    }

    private void note(KernelObject ref, int linesBefore, RestoreScript script) {
        if (script.lines() != linesBefore) {
            mended.add(ref);
        }
    }

    private TableRules jumps(String table, String hook) {
        SavedTable none = SavedTable.empty(table);
        TableRules.Builder jumps = TableRules.of(table);
        for (RuleLine jump : (table.equals(NAT) ? fixed.nat(none) : fixed.filter(none)).jumps()) {
            if (jump.chain().equals(hook)) {
                jumps.jump(hook, jump.spec());
            }
        }
        return jumps.build();
    }

    private SavedTable read(String table, List<String> chains) throws KernelException {
        if (chains.size() >= WHOLE_TABLE) {
            return only(table, SavedTable.parse(table, iptables.save(table)), chains);
        }
        Map<String, List<String>> found = new HashMap<>();
        for (String chain : chains) {
            Optional<List<String>> rules = iptables.readChain(table, chain);
            rules.ifPresent(specs -> found.put(chain, specs));
        }
        return SavedTable.of(table, found);
    }

    private static SavedTable only(String table, SavedTable found, List<String> chains) {
        Map<String, List<String>> some = new HashMap<>();
        chains.stream().filter(found::has).forEach(chain -> some.put(chain, found.rules(chain)));
        return SavedTable.of(table, some);
    }
}
