// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables.trial;

import dev.sluice.linux.nftables.NftSet;
import dev.sluice.linux.nftables.expression.Bitwise;
import dev.sluice.linux.nftables.expression.Compare;
import dev.sluice.linux.nftables.expression.ConnectionField;
import dev.sluice.linux.nftables.expression.ConnectionLimit;
import dev.sluice.linux.nftables.expression.Counter;
import dev.sluice.linux.nftables.expression.Expression;
import dev.sluice.linux.nftables.expression.FibLookup;
import dev.sluice.linux.nftables.expression.HashOf;
import dev.sluice.linux.nftables.expression.Immediate;
import dev.sluice.linux.nftables.expression.Lookup;
import dev.sluice.linux.nftables.expression.MasqueradeSource;
import dev.sluice.linux.nftables.expression.MetaField;
import dev.sluice.linux.nftables.expression.Nat;
import dev.sluice.linux.nftables.expression.PayloadField;
import dev.sluice.linux.nftables.expression.RandomNumber;
import dev.sluice.linux.nftables.expression.Reject;
import dev.sluice.linux.nftables.expression.SetAddress;
import dev.sluice.linux.nftables.expression.UnknownExpression;
import dev.sluice.linux.nftables.expression.UpdateSet;

/**
 * A feature of nf_tables, and what has it.
 *
 * @param name as {@code nft} calls it
 * @param since the Linux version that has it first
 * @param module of the kernel, or its build option
 */
record Requirement(String name, String since, String module) {

    static Requirement of(Expression expression) {
        return switch (expression) {
            case UpdateSet e when e.deletes() -> core("delete @map", "5.4");
            case UpdateSet _ -> core("update @map", "4.1");
            case FibLookup _ -> new Requirement("fib", "4.10", "nft_fib_ipv4 and nft_fib_ipv6");
            case RandomNumber _ -> new Requirement("numgen", "4.9", "nft_numgen");
            case HashOf _ -> new Requirement("jhash", "4.9", "nft_hash");
            case Nat _ -> new Requirement("dnat", "3.13", "nft_nat");
            case MasqueradeSource _ -> new Requirement("masquerade fully-random", "3.18", "nft_masq");
            case Reject _ -> new Requirement("reject before routing", "5.9", "nft_reject_ipv4 and nft_reject_ipv6");
            case ConnectionLimit _ -> new Requirement("ct count", "4.18", "nft_connlimit");
            case ConnectionField e when e.key().isAddress() -> new Requirement("ct original saddr", "4.17", "nft_ct");
            case ConnectionField _ -> new Requirement("ct", "3.13", "nft_ct");
            case MetaField _ -> core("meta", "3.14");
            case SetAddress _ -> core("saddr set", "4.10");
            case Lookup _ -> core("lookup", "3.13");
            case Bitwise _, Compare _, Counter _, Immediate _, PayloadField _, UnknownExpression _ ->
                core(expression.name(), "3.13");
        };
    }

    static Requirement of(NftSet set) {
        if (set.hasConcatenatedRanges()) {
            return core("a set of ranges in several fields", "5.6");
        }
        if (set.flags().contains(NftSet.Flag.DYNAMIC)) {
            return core("a map that rules fill", "4.1");
        }
        return core(set.isMap() ? "a map" : "a set", "4.1");
    }

    /** A part of the module that everything needs. */
    static Requirement core(String name, String since) {
        return new Requirement(name, since, "nf_tables");
    }

    @Override
    public String toString() {
        return "'" + name + "' (since Linux " + since + "; kernel module " + module + ")";
    }
}
