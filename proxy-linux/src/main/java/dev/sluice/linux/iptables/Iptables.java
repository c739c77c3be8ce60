// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.iptables;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.KernelException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** The iptables tools of one address family. Implemented by running the installed tools, and by a fake. */
public interface Iptables {

    IpFamily family();

    /** The back end of the tools. */
    Variant variant();

    /** Whether {@code -j MASQUERADE --random-fully} is understood (iptables 1.6.2 and later). */
    boolean supportsRandomFully();

    /**
     * Applies {@code input} (the language of iptables-restore) with {@code --noflush}: only the chains that it declares
     * are flushed, each table is atomic, tables commit in the order given.
     *
     * @throws RestoreException when the tool refuses; tables before the failing one have been committed
     */
    void restore(String input) throws RestoreException;

    /**
     * Begins a {@link #restore}, for the caller to go on meanwhile.
     *
     * @return to be awaited, once, by whoever began it
     */
    default Restoring begin(String input) {
        try {
            restore(input);
            return () -> {};
        } catch (RestoreException e) {
            return () -> {
                throw e;
            };
        }
    }

    /** The text of {@code iptables-save -t table}; empty when the table does not exist. */
    String save(String table) throws KernelException;

    /** The texts of several tables, by table, as {@link #save} gives them; read side by side. */
    default Map<String, String> saveAll(List<String> tables) throws KernelException {
        Map<String, String> texts = new LinkedHashMap<>();
        for (String table : tables) {
            texts.put(table, save(table));
        }
        return texts;
    }

    /**
     * The rules of one chain, as {@code iptables -S chain} prints them, without reading the rest of the table.
     *
     * @return empty when there is no such chain, or when it has rules that the tool cannot read
     */
    Optional<List<String>> readChain(String table, String chain) throws KernelException;

    /**
     * A number that any change of any rule, by whatever program, raises: while it stays, what was saved is still so.
     *
     * @return empty where there is no such number, as for the legacy variant, or the tools do not know it
     */
    default OptionalLong generation() {
        return OptionalLong.empty();
    }

    /** A restore that has begun. */
    @FunctionalInterface
    interface Restoring {
        /**
         * Waits for its end.
         *
         * @throws RestoreException as of {@link Iptables#restore}
         */
        void await() throws RestoreException;
    }

    /** The kernel back end of the tools. */
    enum Variant {
        /** xtables on nf_tables; a restore of named chains costs those chains. */
        NFT,
        /** x_tables; every restore replaces a whole table. */
        LEGACY
    }
}
