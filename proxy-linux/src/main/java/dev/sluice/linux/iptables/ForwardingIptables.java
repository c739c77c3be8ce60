package dev.sluice.linux.iptables;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.KernelException;
import java.util.List;
import java.util.Optional;

/** Leaves to other tools what it does not do itself; for records that look on or step in. */
public interface ForwardingIptables extends Iptables {

    /** Who does the work. */
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

    @Override
    default String save(String table) throws KernelException {
        return tools().save(table);
    }

    @Override
    default Optional<List<String>> readChain(String table, String chain) throws KernelException {
        return tools().readChain(table, chain);
    }
}
