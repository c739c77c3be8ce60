package dev.sluice.daemon;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.linux.iptables.RestoreException;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Tells of each restore that is refused, also of those that a sync makes good for. */
record CountedRestores(Iptables tools, Consumer<IpFamily> refused) implements Iptables {

    @Override
    public IpFamily family() {
        return tools.family();
    }

    @Override
    public Variant variant() {
        return tools.variant();
    }

    @Override
    public boolean supportsRandomFully() {
        return tools.supportsRandomFully();
    }

    @Override
    public void restore(String input) throws RestoreException {
        try {
            tools.restore(input);
        } catch (RestoreException e) {
            refused.accept(family());
            throw e;
        }
    }

    @Override
    public String save(String table) throws KernelException {
        return tools.save(table);
    }

    @Override
    public Optional<List<String>> readChain(String table, String chain) throws KernelException {
        return tools.readChain(table, chain);
    }
}
