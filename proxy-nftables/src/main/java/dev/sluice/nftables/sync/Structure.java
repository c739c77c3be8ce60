// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables.sync;

import dev.sluice.core.kernel.KernelObject;
import dev.sluice.linux.nftables.NftChain;
import dev.sluice.linux.nftables.NftCommand;
import dev.sluice.linux.nftables.NftCommand.Table;
import dev.sluice.linux.nftables.NftRule;
import dev.sluice.linux.nftables.NftTableWatch;
import dev.sluice.linux.nftables.Nftables.ListedChain;
import dev.sluice.nftables.layout.Kind;
import dev.sluice.nftables.layout.ServiceSet;
import dev.sluice.nftables.layout.TableLayout;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The commands that make the table, its chains, rules and sets right. */
final class Structure {
    private final TableLayout layout;
    private final Table table;

    Structure(TableLayout layout) {
        this.layout = layout;
        this.table = layout.table();
    }

    /**
     * Makes the structure that {@code kinds} need; nothing when it is there. The kernel refuses a chain that is there
     * with another hook.
     */
    List<NftCommand> repair(KernelTable now, Collection<Kind> kinds) {
        List<NftChain> chains = layout.chains(kinds);
        List<NftRule> rules = layout.rules(kinds);
        if (isRight(now, chains, rules)) {
            return List.of();
        }
        List<NftCommand> commands = new ArrayList<>();
        commands.add(new NftCommand.AddTable(table, TableLayout.COMMENT, false));
        now.chains().keySet().forEach(chain -> commands.add(new NftCommand.FlushChain(table, chain)));
        now.misfits().forEach(set -> commands.add(new NftCommand.DeleteSet(table, set)));
        for (ServiceSet set : ServiceSet.values()) {
            if (!now.present().contains(set)) {
                commands.add(new NftCommand.AddSet(table, set.definition(layout.family())));
            }
        }
        chains.forEach(chain -> commands.add(new NftCommand.AddChain(table, chain)));
        rules.forEach(rule -> commands.add(new NftCommand.AddRule(table, rule)));
        return commands;
    }

    /** Makes the structure that {@code kinds} need in place of a table that cannot be made right. */
    List<NftCommand> replace(Collection<Kind> kinds) {
        List<NftCommand> commands = new ArrayList<>();
        // adding it makes sure that there is one to delete
        commands.add(new NftCommand.AddTable(table, TableLayout.COMMENT, false));
        commands.add(new NftCommand.DeleteTable(table));
        commands.addAll(repair(KernelTable.NONE, kinds));
        return commands;
    }

    /** What is not as {@code kinds} need it: chains and sets, each with how many rules and elements differ. */
    Map<KernelObject, Integer> wrong(KernelTable now, Collection<Kind> kinds) {
        Map<KernelObject, Integer> wrong = new TreeMap<>();
        Map<String, List<NftRule>> byChain =
                layout.rules(kinds).stream().collect(Collectors.groupingBy(NftRule::chain));
        for (NftChain chain : layout.chains(kinds)) {
            List<NftRule> rules = byChain.getOrDefault(chain.name(), List.of());
            if (!isRight(now, chain, rules)) {
                wrong.put(chain(chain.name()), differing(now.rules().getOrDefault(chain.name(), List.of()), rules));
            }
        }
        stale(now, kinds).forEach(command -> {
            if (command instanceof NftCommand.DeleteChain(var _, var name)) {
                wrong.put(chain(name), 1);
            }
        });
        now.misfits().forEach(set -> wrong.put(new KernelObject(NftTableWatch.SET, set), 1));
        return wrong;
    }

    private static KernelObject chain(String name) {
        return new KernelObject(NftTableWatch.CHAIN, name);
    }

    private static int differing(List<NftRule> now, List<NftRule> desired) {
        long stale = now.stream().filter(rule -> !desired.contains(rule)).count();
        long missing = desired.stream().filter(rule -> !now.contains(rule)).count();
        return Math.max(1, (int) (stale + missing));
    }

    private static boolean isRight(KernelTable now, List<NftChain> chains, List<NftRule> rules) {
        Map<String, List<NftRule>> byChain = rules.stream().collect(Collectors.groupingBy(NftRule::chain));
        return now.misfits().isEmpty()
                && now.present().size() == ServiceSet.values().length
                && chains.stream()
                        .allMatch(chain -> isRight(now, chain, byChain.getOrDefault(chain.name(), List.of())));
    }

    private static boolean isRight(KernelTable now, NftChain chain, List<NftRule> rules) {
        return new ListedChain(chain, false).equals(now.chains().get(chain.name()))
                && rules.equals(now.rules().getOrDefault(chain.name(), List.of()));
    }

    /** Adds what {@code kinds} need to a structure that is right but for them. */
    List<NftCommand> add(Collection<Kind> kinds) {
        List<NftCommand> commands = new ArrayList<>();
        Set<String> flushed = new HashSet<>();
        for (Kind kind : kinds) {
            for (NftChain chain : TableLayout.chains(kind)) {
                if (flushed.add(chain.name())) {
                    commands.add(new NftCommand.AddChain(table, chain));
                    commands.add(new NftCommand.FlushChain(table, chain.name()));
                }
            }
        }
        List<NftRule> rules = layout.choosing(kinds);
        rules.forEach(rule -> commands.add(new NftCommand.AddRule(table, rule)));
        return commands;
    }

    /** The chains of {@code now} that nothing leads to where {@code kinds} occur. */
    List<NftCommand> stale(KernelTable now, Collection<Kind> kinds) {
        Set<String> ours = new HashSet<>();
        layout.chains(kinds).forEach(chain -> ours.add(chain.name()));
        List<NftCommand> commands = new ArrayList<>();
        for (String chain : now.chains().keySet()) {
            if (!ours.contains(chain)) {
                commands.add(new NftCommand.FlushChain(table, chain));
            }
        }
        for (String chain : now.chains().keySet()) {
            if (!ours.contains(chain)) {
                commands.add(new NftCommand.DeleteChain(table, chain));
            }
        }
        return commands;
    }
}
