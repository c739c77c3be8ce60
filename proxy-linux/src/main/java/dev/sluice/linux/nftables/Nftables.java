// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables;

import dev.sluice.linux.KernelException;
import dev.sluice.linux.nftables.NftCommand.Table;
import java.util.List;
import java.util.Optional;

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
    List<String> chains(Table table) throws KernelException;

    /** The sets and maps of {@code table}, as far as they are of known types; empty when there is no such table. */
    List<SetHeader> sets(Table table) throws KernelException;

    /** The elements of {@code set}; empty when there is no such set. A timeout is the time that is left. */
    Optional<List<SetElement>> elements(Table table, NftSet set) throws KernelException;

    @Override
    void close();

    /** The cost of a commit. */
    record Committed(int messages, long bytes) {}

    /**
     * What tells whether a set is the one that is wanted.
     *
     * @param keyType and the lengths are the kernel's numbers
     */
    record SetHeader(String name, int keyType, int keyLength, int dataLength, int flags) {
        private static final int VERDICT_LENGTH = 16;

        /** Whether {@code set} can be used as it is. */
        public boolean fits(NftSet set) {
            return equals(of(set));
        }

        static SetHeader of(NftSet set) {
            int dataLength = 0;
            if (set.flags().contains(NftSet.Flag.VERDICTS)) {
                dataLength = VERDICT_LENGTH;
            } else if (set.isMap()) {
                dataLength = DataType.length(set.data());
            }
            return new SetHeader(
                    set.name(),
                    DataType.number(set.key()),
                    DataType.length(set.key()),
                    dataLength,
                    NftRequests.flags(set));
        }
    }
}
