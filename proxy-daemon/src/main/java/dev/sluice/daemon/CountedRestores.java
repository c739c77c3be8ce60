package dev.sluice.daemon;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.iptables.ForwardingIptables;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.linux.iptables.RestoreException;
import java.util.function.Consumer;

/** Tells of each restore that is refused, also of those that a sync makes good for. */
record CountedRestores(Iptables tools, Consumer<IpFamily> refused) implements ForwardingIptables {

    @Override
    public void restore(String input) throws RestoreException {
        try {
            tools.restore(input);
        } catch (RestoreException e) {
            refused.accept(family());
            throw e;
        }
    }
}
