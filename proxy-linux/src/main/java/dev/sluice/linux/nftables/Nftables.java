// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables;

import dev.sluice.linux.KernelException;
import dev.sluice.linux.nftables.NftCommand.Table;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The nf_tables of a network namespace. */
public interface Nftables extends AutoCloseable {
    /**
     * Carries out all commands, or none of them. Packets see the state before or the one after, nothing in between.
     *
     * @throws RefusedCommand when the kernel refuses; nothing was done then
     * @throws KernelException when it is unknown whether anything was done: compare with what the kernel has
     */
    Committed commit(List<NftCommand> commands) throws KernelException;

    boolean exists(Table table) throws KernelException;

    /** The names of the chains of {@code table}; empty when there is no such table. */
    default List<String> chains(Table table) throws KernelException {
        return listChains(table).stream().map(listed -> listed.chain().name()).toList();
    }

    /** The chains of {@code table}, in the order in which they were made; empty when there is no such table. */
    List<ListedChain> listChains(Table table) throws KernelException;

    /** The rules of {@code table}, those of a chain in their order; empty when there is no such table. */
    List<ListedRule> listRules(Table table) throws KernelException;

    /** The sets and maps of {@code table}, as far as they are of known types; empty when there is no such table. */
    List<SetHeader> sets(Table table) throws KernelException;

    /** The elements of {@code set}; empty when there is no such set. A timeout is the time that is left. */
    default Optional<List<SetElement>> elements(Table table, NftSet set) throws KernelException {
        return packedElements(table, set).map(PackedElements::toList);
    }

    /** The same as bytes. */
    Optional<PackedElements> packedElements(Table table, NftSet set) throws KernelException;

    @Override
    void close();

    /** The cost of a commit. */
    record Committed(int messages, long bytes) {}

    /**
     * A chain that is there.
     *
     * @param drops whether it has a hook and drops what no rule decides
     */
    record ListedChain(NftChain chain, boolean drops) {}

    /**
     * A rule that is there. What other programs wrote may have an {@code UnknownExpression}; no other rule is equal to
     * one of ours that was read back.
     *
     * @param packets that its last counter counted, {@link #UNCOUNTED} when it has none
     */
    record ListedRule(NftRule rule, long handle, long packets) {
        public static final long UNCOUNTED = -1;
    }

    /**
     * What tells whether a set is the one that is wanted.
     *
     * @param keyType the types and the lengths are the kernel's numbers
     */
    record SetHeader(String name, int keyType, int keyLength, int dataType, int dataLength, int flags) {
        private static final int VERDICT_LENGTH = 16;

        /** Whether {@code set} can be used as it is. */
        public boolean fits(NftSet set) {
            return equals(of(set));
        }

        /** The set, without its time-out, size and comment; empty when it has fields of other types. */
        public Optional<NftSet> set() {
            List<DataType> key = DataType.fields(keyType);
            List<DataType> data = DataType.fields(dataType == NftRequests.VERDICT_TYPE ? 0 : dataType);
            Set<NftSet.Flag> kinds = Stream.of(NftSet.Flag.values())
                    .filter(flag -> flag != NftSet.Flag.VERDICTS && (flags & flag.number()) != 0
                            || flag == NftSet.Flag.VERDICTS && dataType == NftRequests.VERDICT_TYPE)
                    .collect(Collectors.toSet());
            NftSet set = new NftSet(name, key, data, kinds, Duration.ZERO, 0, "");
            return fits(set) ? Optional.of(set) : Optional.empty();
        }

        public static SetHeader of(NftSet set) {
            int dataType = 0;
            int dataLength = 0;
            if (set.flags().contains(NftSet.Flag.VERDICTS)) {
                dataType = NftRequests.VERDICT_TYPE;
                dataLength = VERDICT_LENGTH;
            } else if (set.isMap()) {
                dataType = DataType.number(set.data());
                dataLength = DataType.length(set.data());
            }
            return new SetHeader(
                    set.name(),
                    DataType.number(set.key()),
                    DataType.length(set.key()),
                    dataType,
                    dataLength,
                    NftRequests.flags(set));
        }
    }
}
