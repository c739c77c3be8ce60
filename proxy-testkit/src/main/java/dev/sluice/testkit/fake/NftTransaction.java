// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.fake;

import dev.sluice.linux.Errno;
import dev.sluice.linux.nftables.NftChain;
import dev.sluice.linux.nftables.NftChain.BaseHook;
import dev.sluice.linux.nftables.NftChain.Hook;
import dev.sluice.linux.nftables.NftCommand;
import dev.sluice.linux.nftables.NftCommand.Table;
import dev.sluice.linux.nftables.NftElements;
import dev.sluice.linux.nftables.NftRule;
import dev.sluice.linux.nftables.Nftables.ListedRule;
import dev.sluice.linux.nftables.SetElement;
import dev.sluice.testkit.fake.FakeNftTable.FakeChain;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One transaction on tables in memory; a refusal undoes what was done. */
final class NftTransaction {
    private static final int LONGEST_NAME = 255;
    private static final int CONNTRACK_PRIORITY = -200;

    private final Map<Table, FakeNftTable> tables;
    private final boolean validatesEach;
    private final Deque<Runnable> undo = new ArrayDeque<>();
    private final NftSetChanges setChanges;
    private boolean complete;
    private final Set<Table> unchecked = new LinkedHashSet<>();

    /** The kernel's refusal. */
    static final class Refusal extends Exception {
        private static final long serialVersionUID = 1;

        private final transient NftCommand command;
        private final transient @Nullable SetElement element;
        private final int errno;

        Refusal(NftCommand command, @Nullable SetElement element, int errno) {
            super(command + ": " + Errno.describe(errno));
            this.command = command;
            this.element = element;
            this.errno = errno;
        }

        NftCommand command() {
            return command;
        }

        @Nullable
        SetElement element() {
            return element;
        }

        int errno() {
            return errno;
        }
    }

    /** @param validatesEach whether what leads where is checked after each command, so that the culprit is known */
    NftTransaction(Map<Table, FakeNftTable> tables, boolean validatesEach) {
        this.tables = tables;
        this.validatesEach = validatesEach;
        this.setChanges = new NftSetChanges(undo, unchecked);
    }

    void run(List<NftCommand> commands) throws Refusal {
        try {
            for (NftCommand command : commands) {
                run(command);
                if (validatesEach) {
                    validate(command);
                }
            }
            complete = true;
            validate(commands.getFirst());
        } catch (Refusal e) {
            undo.forEach(Runnable::run);
            throw e;
        }
    }

    /** Whether each command was carried out, so that only the whole was refused. */
    boolean isComplete() {
        return complete;
    }

    private void validate(NftCommand command) throws Refusal {
        for (Table table : unchecked) {
            FakeNftTable content = tables.get(table);
            int errno = content == null ? 0 : new NftWalkCheck(content).errno();
            if (errno != 0) {
                throw new Refusal(command, single(command), errno);
            }
        }
        unchecked.clear();
    }

    /** The kernel names no element of what leads in circles; so it can only be a single one. */
    private static @Nullable SetElement single(NftCommand command) {
        return command instanceof NftCommand.AddElements add && add.elements().size() == 1
                ? add.elements().getFirst()
                : null;
    }

    private void run(NftCommand command) throws Refusal {
        if (command instanceof NftCommand.AddTable add) {
            addTable(add);
            return;
        }
        FakeNftTable table = tables.get(command.table());
        if (table == null) {
            throw new Refusal(command, null, Errno.ENOENT);
        }
        int errno = switch (command) {
            case NftCommand.AddTable _ -> throw new IllegalStateException("handled above");
            case NftCommand.DeleteTable(var name) -> {
                tables.remove(name);
                undo.push(() -> tables.put(name, table));
                yield 0;
            }
            case NftCommand.AddChain(var _, var chain) -> addChain(table, chain);
            case NftCommand.FlushChain(var _, var chain) -> flushChain(table, chain);
            case NftCommand.DeleteChain(var _, var chain) -> deleteChain(table, chain);
            case NftCommand.AddRule(var _, var rule) -> addRule(table, rule);
            case NftCommand.AddSet(var _, var set) -> setChanges.add(table, set);
            case NftCommand.DeleteSet(var _, var set) -> setChanges.delete(table, set);
            case NftCommand.FlushSet(var _, var set) ->
                inSet(table, set, elements -> setChanges.flush(table, elements));
            case NftCommand.AddElements(var _, var set, var added) ->
                inSet(table, set, elements -> setChanges.addAll(command, table, elements, added));
            case NftCommand.DeleteElements(var _, var set, var deleted) ->
                inSet(table, set, elements -> setChanges.deleteAll(command, table, elements, deleted));
        };
        if (errno != 0) {
            throw new Refusal(command, null, errno);
        }
    }

    private void addTable(NftCommand.AddTable add) throws Refusal {
        FakeNftTable old = tables.get(add.table());
        if (old == null) {
            tables.put(add.table(), new FakeNftTable(add.table(), add.owned()));
            undo.push(() -> tables.remove(add.table()));
        } else if (old.owned() != add.owned()) {
            throw new Refusal(add, null, Errno.EOPNOTSUPP);
        }
    }

    private int addChain(FakeNftTable table, NftChain chain) {
        if (chain.name().length() > LONGEST_NAME) {
            return Errno.ERANGE;
        }
        BaseHook hook = chain.hook();
        FakeChain old = table.chains().get(chain.name());
        if (old != null) {
            return hook == null ? 0 : againErrno(old.chain().hook(), hook);
        }
        if (hook != null && !isPossible(hook)) {
            return Errno.EOPNOTSUPP;
        }
        NftChain made = new NftChain(chain.name(), hook, NftSetChanges.cut(chain.comment()));
        table.chains().put(chain.name(), new FakeChain(made));
        undo.push(() -> table.chains().remove(chain.name()));
        return 0;
    }

    private static int againErrno(@Nullable BaseHook old, BaseHook hook) {
        if (old == null || old.hook() != hook.hook() || old.priority() != hook.priority()) {
            return Errno.EOPNOTSUPP;
        }
        return old.type().equals(hook.type()) ? 0 : Errno.EEXIST;
    }

    /** Chains that translate must come behind conntrack, and there is nothing to translate in between. */
    private static boolean isPossible(BaseHook hook) {
        return switch (hook.type()) {
            case "filter" -> true;
            case "nat" -> hook.hook() != Hook.FORWARD && hook.priority() > CONNTRACK_PRIORITY;
            default -> false;
        };
    }

    private int flushChain(FakeNftTable table, String name) {
        FakeChain chain = table.chains().get(name);
        if (chain == null) {
            return Errno.ENOENT;
        }
        List<ListedRule> rules = List.copyOf(chain.rules());
        rules.forEach(rule -> countUses(table, rule.rule(), -1));
        chain.rules().clear();
        undo.push(() -> chain.rules().addAll(rules));
        return 0;
    }

    /** A jump of the chain to itself counts too, although its rules go with it. */
    private int deleteChain(FakeNftTable table, String name) {
        if (table.chains().containsKey(name) && table.chainUses().getOrDefault(name, 0) > 0) {
            return Errno.EBUSY;
        }
        int errno = flushChain(table, name);
        return errno != 0 ? errno : setChanges.removeInOrder(table.chains(), name);
    }

    private int addRule(FakeNftTable table, NftRule rule) {
        FakeChain chain = table.chains().get(rule.chain());
        if (chain == null) {
            return Errno.ENOENT;
        }
        int errno = new NftRuleCheck(table).errno(rule);
        if (errno != 0) {
            return errno;
        }
        boolean counts =
                rule.expressions().stream().anyMatch(each -> each.name().equals("counter"));
        NftRule kept = new NftRule(rule.chain(), rule.expressions(), NftSetChanges.cut(rule.comment()));
        chain.rules().add(new ListedRule(kept, table.nextHandle(), counts ? 0 : ListedRule.UNCOUNTED));
        undo.push(() -> chain.rules().removeLast());
        countUses(table, rule, 1);
        unchecked.add(table.table());
        return 0;
    }

    private void countUses(FakeNftTable table, NftRule rule, int by) {
        NftRuleCheck.chains(rule).forEach(chain -> setChanges.count(table.chainUses(), chain, by));
        NftRuleCheck.sets(rule).forEach(set -> setChanges.count(table.setUses(), set, by));
    }

    private interface OnElements {
        int run(NftElements elements) throws Refusal;
    }

    private static int inSet(FakeNftTable table, String set, OnElements action) throws Refusal {
        NftElements elements = table.sets().get(set);
        return elements == null ? Errno.ENOENT : action.run(elements);
    }
}
