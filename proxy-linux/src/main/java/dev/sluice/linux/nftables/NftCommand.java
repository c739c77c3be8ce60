// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables;

import dev.sluice.core.net.IpFamily;
import java.util.List;

/** A part of a transaction. Each names its table, and prints as what {@code nft} calls it. */
public sealed interface NftCommand {
    /** A table of one family. */
    record Table(IpFamily family, String name) {
        @Override
        public String toString() {
            return (family == IpFamily.IPV4 ? "ip " : "ip6 ") + name;
        }
    }

    Table table();

    /**
     * Creates the table unless it is there.
     *
     * @param owned whether it belongs to the socket that makes it: others can neither change nor delete it, and it goes
     *     with the socket (since Linux 5.12)
     */
    record AddTable(Table table, String comment, boolean owned) implements NftCommand {
        @Override
        public String toString() {
            return "add table " + table;
        }
    }

    /** Deletes the table with all that is in it; ENOENT when it is not there. */
    record DeleteTable(Table table) implements NftCommand {
        @Override
        public String toString() {
            return "delete table " + table;
        }
    }

    /**
     * Creates the chain unless it is there; one with a hook accepts what no rule decides. EOPNOTSUPP when it is there
     * with another hook or priority.
     */
    record AddChain(Table table, NftChain chain) implements NftCommand {
        @Override
        public String toString() {
            return "add chain " + table + " " + chain.name();
        }
    }

    /** Deletes the rules of a chain. */
    record FlushChain(Table table, String chain) implements NftCommand {
        @Override
        public String toString() {
            return "flush chain " + table + " " + chain;
        }
    }

    /** Deletes a chain with its rules; EBUSY while anything leads to it. */
    record DeleteChain(Table table, String chain) implements NftCommand {
        @Override
        public String toString() {
            return "delete chain " + table + " " + chain;
        }
    }

    /** Appends a rule to its chain. */
    record AddRule(Table table, NftRule rule) implements NftCommand {
        @Override
        public String toString() {
            return "add rule " + table + " " + rule.chain();
        }
    }

    /** Creates the set unless it is there; EEXIST when it is there with another type. */
    record AddSet(Table table, NftSet set) implements NftCommand {
        @Override
        public String toString() {
            return "add " + (set.isMap() ? "map " : "set ") + table + " " + set.name();
        }
    }

    /** Deletes a set; EBUSY while a rule uses it. */
    record DeleteSet(Table table, String set) implements NftCommand {
        @Override
        public String toString() {
            return "delete set " + table + " " + set;
        }
    }

    /** Deletes all elements of a set. */
    record FlushSet(Table table, String set) implements NftCommand {
        @Override
        public String toString() {
            return "flush set " + table + " " + set;
        }
    }

    /**
     * Adds elements. One that is there already with the same value is no error, and gets the time-out anew (since Linux
     * 6.12); with another value it is EEXIST, so
     * delete it before, in the same transaction.
     */
    record AddElements(Table table, String set, List<SetElement> elements) implements NftCommand {
        public AddElements {
            elements = List.copyOf(elements);
        }

        @Override
        public String toString() {
            return "add element " + table + " " + set + " (" + elements.size() + ")";
        }
    }

    /**
     * Deletes elements by their keys; ENOENT when one is not there. Of ranges of concatenations the kernel deletes the
     * one that has the first key, whatever its last one is.
     */
    record DeleteElements(Table table, String set, List<SetElement> elements) implements NftCommand {
        public DeleteElements {
            elements = List.copyOf(elements);
        }

        @Override
        public String toString() {
            return "delete element " + table + " " + set + " (" + elements.size() + ")";
        }
    }
}
