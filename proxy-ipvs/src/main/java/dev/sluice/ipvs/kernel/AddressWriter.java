// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.kernel;

import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.sync.KernelCost;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.route.Links;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Binds addresses to the dummy device, and removes them from it. */
final class AddressWriter {
    private final DummyDevice dummy;
    private final KernelUpdate update;

    AddressWriter(DummyDevice dummy, KernelUpdate update) {
        this.dummy = dummy;
        this.update = update;
    }

    void bindMissing() throws NetlinkException {
        List<IpAddress> missing = update.scope().addresses().stream()
                .filter(a -> update.desired().has(a) && !isBound(a))
                .filter(this::mayGoLive)
                .toList();
        if (missing.isEmpty()) {
            return;
        }
        Map<IpAddress, NetlinkException> refused = refusals(dummy.bind(missing));
        for (IpAddress address : missing) {
            NetlinkException error = refused.get(address);
            if (error == null) {
                update.applied().addresses().add(address);
            } else {
                update.unexpectedIf(error.notFound());
                update.unfinished().addresses().add(address);
                String what = "address " + address + " on " + DummyDevice.NAME;
                update.portsOf(address).forEach(name -> update.refused(name, what, error));
            }
        }
    }

    /** An address is bound only when some port that needs it has everything else. */
    private boolean mayGoLive(IpAddress address) {
        boolean may =
                !update.hasRefusals() || update.portsOf(address).stream().anyMatch(name -> !update.isBlocked(name));
        if (!may) {
            update.unfinished().addresses().add(address);
        }
        return may;
    }

    void unbindStale() throws NetlinkException {
        List<IpAddress> stale = update.scope().addresses().stream()
                .filter(a -> !update.desired().has(a) && isBound(a))
                .toList();
        if (stale.isEmpty()) {
            return;
        }
        Map<IpAddress, NetlinkException> refused = refusals(dummy.unbind(stale));
        for (IpAddress address : stale) {
            NetlinkException error = refused.get(address);
            if (error == null || error.notFound()) {
                update.applied().addresses().remove(address);
            } else {
                update.unfinished().addresses().add(address);
                update.notRemoved(new KernelObject("address", address + " on " + DummyDevice.NAME), error);
            }
        }
    }

    private boolean isBound(IpAddress address) {
        return update.applied().addresses().contains(address);
    }

    private Map<IpAddress, NetlinkException> refusals(Links.AddressResult result) {
        update.charge(new KernelCost(result.messages(), result.bytes()));
        Map<IpAddress, NetlinkException> refused = new HashMap<>();
        result.failures().forEach(f -> refused.put(f.address(), f.error()));
        return refused;
    }
}
