// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables;

import dev.sluice.linux.KernelException;
import dev.sluice.linux.nftables.NftCommand.Table;
import java.util.List;
import java.util.Optional;

/** The content of one table, as {@link NftTracer} asks for it; a mode may render it only when a packet gets there. */
public interface NftState {
    Table table();

    /** The chains that have a hook, in the order in which they were made. */
    List<NftChain> baseChains();

    /** The rules of {@code chain} in order; empty when there is no such chain. */
    Optional<List<NftRule>> rules(String chain);

    /** Empty when there is no such set. */
    Optional<Content> content(String set);

    /** A set with its elements. */
    interface Content {
        NftSet set();

        /** The element that the kernel finds for {@code key}, which has the length of the set's keys. */
        Optional<SetElement> find(Words key);
    }

    /** What the kernel has now; elements are read when a packet gets there. */
    static NftState read(Nftables nftables, Table table) throws KernelException {
        return ReadState.of(nftables, table);
    }
}
