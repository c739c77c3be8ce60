// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.iptables;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.KernelException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** Forwards every call to other tools; an implementation overrides the calls that it observes or changes. */
public interface ForwardingIptables extends Iptables {

    /** The tools that calls are forwarded to. */
    Iptables tools();

    @Override
    default IpFamily family() {
        return tools().family();
    }

    @Override
    default Variant variant() {
        return tools().variant();
    }

    @Override
    default boolean supportsRandomFully() {
        return tools().supportsRandomFully();
    }

    @Override
    default void restore(String input) throws RestoreException {
        tools().restore(input);
    }

    /** By {@link #restore}, for which an implementation need not override both. */
    @Override
    default Restoring begin(String input) {
        return Iptables.super.begin(input);
    }

    @Override
    default String save(String table) throws KernelException {
        return tools().save(table);
    }

    /** By {@link #save}, for which an implementation need not override both. */
    @Override
    default Map<String, String> saveAll(List<String> tables) throws KernelException {
        return Iptables.super.saveAll(tables);
    }

    @Override
    default Optional<List<String>> readChain(String table, String chain) throws KernelException {
        return tools().readChain(table, chain);
    }

    @Override
    default OptionalLong generation() {
        return tools().generation();
    }
}
