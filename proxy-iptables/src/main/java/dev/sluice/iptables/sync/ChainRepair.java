// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables.sync;

import static dev.sluice.iptables.render.SharedChains.FILTER;
import static dev.sluice.iptables.render.SharedChains.NAT;

import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.sync.KernelCost;
import dev.sluice.iptables.affinity.ClientSets;
import dev.sluice.iptables.dispatch.DesiredChain;
import dev.sluice.iptables.render.ChainOwnership;
import dev.sluice.iptables.render.LoopbackGuard;
import dev.sluice.iptables.render.SharedChains;
import dev.sluice.iptables.render.SharedRules;
import dev.sluice.iptables.sync.AppliedState.Basis;
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
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Compares single chains with the kernel, after another program may have changed them, and repairs them in one restore.
 * Its cost follows the number of chains and not the number of Services.
 */
public final class ChainRepair {
    /** From this many chains on, saving the whole table is faster than reading each. */
    private static final int WHOLE_TABLE = 200;

    private final Iptables iptables;
    private final SharedRules shared;
    private final DesiredChains desired;
    private final ClientSets clients;
    private final List<KernelObject> repaired = new ArrayList<>();

    /**
     * The outcome of a repair.
     *
     * @param chains those that differed
     */
    public record Repaired(List<KernelObject> chains, KernelCost cost) {
        public static final Repaired NOTHING = new Repaired(List.of(), KernelCost.NONE);

        public Repaired {
            chains = List.copyOf(chains);
        }
    }

    public ChainRepair(Iptables iptables, AppliedState applied, Basis basis, ClientSets clients) {
        this.iptables = iptables;
        this.shared = basis.shared();
        this.desired = new DesiredChains(basis, applied.ports());
        this.clients = clients;
    }

    /** Repairs our chains among {@code suspects}, and our jumps in built-in ones; all others are ignored. */
    public Repaired run(Set<KernelObject> suspects) throws KernelException {
        Set<KernelObject> chains = new TreeSet<>(suspects);
        chains.removeIf(chain -> !chain.kind().equals(NAT) && !chain.kind().equals(FILTER));
        Map<KernelObject, DesiredChain> contents = desired.of(chains);
        RestoreScript script = new RestoreScript();
        for (String table : List.of(FILTER, NAT)) {
            repair(table, chains, contents, script);
        }
        if (script.isEmpty()) {
            return Repaired.NOTHING;
        }
        String text = script.text();
        // while no rule referred to a set, it could be destroyed; what is wrong with one the restore says
        clients.create(desired.clientSets());
        iptables.restore(text);
        return new Repaired(repaired, new KernelCost(script.lines(), text.length()));
    }

    private void repair(
            String table, Set<KernelObject> chains, Map<KernelObject, DesiredChain> contents, RestoreScript script)
            throws KernelException {
        Map<String, DesiredChain> ours = new TreeMap<>();
        Set<String> hooks = new TreeSet<>();
        for (KernelObject chain : chains) {
            DesiredChain content = contents.get(chain);
            if (!chain.kind().equals(table)) {
                continue;
            }
            if (ChainName.isBuiltIn(chain.name())) {
                hooks.add(chain.name());
            } else if (content != null) {
                ours.put(chain.name(), content);
            }
        }
        boolean guard = shared.servesLocalhost()
                && table.equals(FILTER)
                && (chains.contains(new KernelObject(FILTER, SharedChains.FIREWALL)) || !hooks.isEmpty());
        List<String> read = new ArrayList<>(ours.keySet());
        if (guard) {
            hooks.addAll(LoopbackGuard.HOOKS);
            read.add(SharedChains.FIREWALL);
        }
        read.addAll(hooks);
        SavedTable found = read(table, read);
        script.table(table);
        ours.forEach((chain, content) -> note(table, chain, script, () -> {
            if (found.has(chain)) {
                content.repair(chain, found.rules(chain), script);
            } else {
                content.write(chain, script);
            }
        }));
        for (String hook : hooks) {
            note(table, hook, script, () -> repairJumps(hook, found, script));
        }
        if (guard) {
            note(table, SharedChains.FIREWALL, script, () -> LoopbackGuard.install(found, script));
        }
    }

    private void note(String table, String chain, RestoreScript script, Runnable repair) {
        int before = script.lines();
        repair.run();
        if (script.lines() != before) {
            repaired.add(new KernelObject(table, chain));
        }
    }

    private void repairJumps(String hook, SavedTable found, RestoreScript script) {
        String table = found.table();
        SavedTable none = SavedTable.empty(table);
        TableRules.Builder jumps = TableRules.of(table);
        for (RuleLine jump : (table.equals(NAT) ? shared.nat(none) : shared.filter(none)).jumps()) {
            if (jump.chain().equals(hook)) {
                jumps.jump(hook, jump.spec());
            }
        }
        TableDiff.plan(
                only(table, found, List.of(hook)),
                jumps.build(),
                chain -> ChainOwnership.ownsChain(table, chain),
                script);
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
