// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.host;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.iptables.ForwardingIptables;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.linux.iptables.RestoreException;
import java.util.function.Consumer;

/** Reports each restore that is refused, also those that a sync recovers from. */
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
