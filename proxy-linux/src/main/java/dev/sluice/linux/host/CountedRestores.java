// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.host;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.iptables.ForwardingIptables;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.linux.iptables.RestoreException;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Reports each restore that is refused, also those that a sync recovers from. */
record CountedRestores(Iptables tools, Consumer<IpFamily> refused) implements ForwardingIptables {

    @Override
    public void restore(String input) throws RestoreException {
        begin(input).await();
    }

    @Override
    public Restoring begin(String input) {
        Restoring begun = tools.begin(input);
        return () -> {
            try {
                begun.await();
            } catch (RestoreException e) {
                refused.accept(family());
                throw e;
            }
        };
    }

    @Override
    public Map<String, String> saveAll(List<String> tables) throws KernelException {
        return tools.saveAll(tables);
    }
}
