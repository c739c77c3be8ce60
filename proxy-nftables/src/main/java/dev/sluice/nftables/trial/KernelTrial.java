// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables.trial;

import dev.sluice.linux.Errno;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.nftables.NftChain;
import dev.sluice.linux.nftables.NftCommand;
import dev.sluice.linux.nftables.NftCommand.Table;
import dev.sluice.linux.nftables.NftRule;
import dev.sluice.linux.nftables.Nftables;
import dev.sluice.linux.nftables.RefusedCommand;
import dev.sluice.linux.nftables.expression.Expression;
import dev.sluice.nftables.layout.Choice;
import dev.sluice.nftables.layout.Kind;
import dev.sluice.nftables.layout.ServiceSet;
import dev.sluice.nftables.layout.TableLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Gives the kernel the chains, rules and sets of the mode in a table of their own, in a transaction at whose end that
 * table is deleted again. What it refuses is narrowed down to one expression or kind of set.
 */
public final class KernelTrial {
    private static final String TABLE = "sluice-trial";
    private static final List<Kind> KINDS = List.of(new Kind(2, 0), new Kind(2, 1), new Kind(2, 0, 0, Choice.CLIENT));

    private final Nftables nftables;
    private final TableLayout layout;
    private final Table table;

    public KernelTrial(Nftables nftables, TableLayout layout) {
        this.nftables = nftables;
        this.layout = layout;
        this.table = new Table(layout.family(), TABLE);
    }

    /** What the kernel lacks or does not permit, and what to do; empty when it takes everything. */
    public Optional<String> problem() {
        try {
            RefusedCommand refusal = refusal(layout.rules(KINDS));
            return refusal == null ? Optional.empty() : Optional.of(explain(refusal));
        } catch (NetlinkException e) {
            return Optional.of(explain(e));
        } catch (KernelException e) {
            return Optional.of("nf_tables does not answer: " + e.getMessage());
        }
    }

    /** Why nf_tables cannot be used at all. */
    public static String explain(NetlinkException error) {
        if (error.permissionDenied()) {
            return "nf_tables may not be changed: give the process CAP_NET_ADMIN in the network namespace; "
                    + error.getMessage();
        }
        return switch (error.errno()) {
            case Errno.ENOMEM, Errno.ENOBUFS, Errno.ENOSPC ->
                "the kernel has no memory for rules: " + error.getMessage();
            default ->
                "this kernel has no nf_tables; load the module nf_tables, or use another mode: " + error.getMessage();
        };
    }

    private @Nullable RefusedCommand refusal(List<NftRule> rules) throws KernelException {
        List<NftCommand> commands = new ArrayList<>();
        commands.add(new NftCommand.AddTable(table, TableLayout.COMMENT, false));
        for (ServiceSet set : ServiceSet.values()) {
            commands.add(new NftCommand.AddSet(table, set.definition(layout.family())));
        }
        for (NftChain chain : layout.chains(KINDS)) {
            commands.add(new NftCommand.AddChain(table, chain));
        }
        rules.forEach(rule -> commands.add(new NftCommand.AddRule(table, rule)));
        commands.add(new NftCommand.DeleteTable(table));
        try {
            nftables.commit(commands);
            return null;
        } catch (RefusedCommand refusal) {
            return refusal;
        }
    }

    private String explain(RefusedCommand refusal) throws KernelException {
        if (refusal.permissionDenied() || refusal.command() instanceof NftCommand.AddTable) {
            return explain((NetlinkException) refusal);
        }
        String what = switch (refusal.command()) {
            case NftCommand.AddSet(var _, var set) -> Requirement.of(set).toString();
            case NftCommand.AddRule(var _, var rule) ->
                Requirement.of(culprit(rule)).toString();
            case NftCommand.AddChain(var _, var chain)
            when chain.hook() != null ->
                "chains of type " + chain.hook().type() + " (since Linux 3.13; kernel modules nft_chain_nat and"
                        + " nf_tables)";
            default -> refusal.command().toString();
        };
        return "nf_tables of this kernel lacks " + what + "; load it, or use another mode: " + refusal.getMessage();
    }

    /** The first expression of {@code rule} with which the kernel refuses it. */
    private Expression culprit(NftRule rule) throws KernelException {
        List<Expression> all = rule.expressions();
        for (int length = 1; length < all.size(); length++) {
            if (refusal(List.of(new NftRule(rule.chain(), all.subList(0, length), ""))) != null) {
                return all.get(length - 1);
            }
        }
        return all.getLast();
    }
}
