package dev.sluice.ipvs.sync;

import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.net.IpAddress;
import dev.sluice.ipvs.kernel.DummyDevice;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.route.Links;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Binds addresses to the dummy device, and takes them from it. */
public final class AddressWriter {
    private final DummyDevice dummy;
    private final KernelUpdate run;

    AddressWriter(DummyDevice dummy, KernelUpdate run) {
        this.dummy = dummy;
        this.run = run;
    }

    void bindMissing() throws NetlinkException {
        List<IpAddress> missing = run.scope().addresses().stream()
                .filter(a ->
                        run.desired().wants(a) && !run.applied().addresses().contains(a))
                .filter(this::whole)
                .toList();
        if (missing.isEmpty()) {
            return;
        }
        Map<IpAddress, NetlinkException> failed = outcome(dummy.bind(missing));
        for (IpAddress address : missing) {
            NetlinkException error = failed.get(address);
            if (error == null) {
                run.applied().addresses().add(address);
            } else {
                run.surprisedIf(error.notFound());
                run.unfinished().addresses().add(address);
                String what = "address " + address + " on " + DummyDevice.NAME;
                run.wanting(address).forEach(name -> run.refused(name, what, error));
            }
        }
    }

    /** An address goes live only when there is a port that wants it and has all that it needs. */
    private boolean whole(IpAddress address) {
        boolean whole = !run.anyBlocked() || run.wanting(address).stream().anyMatch(name -> !run.blocked(name));
        if (!whole) {
            run.unfinished().addresses().add(address);
        }
        return whole;
    }

    void unbindStale() throws NetlinkException {
        List<IpAddress> stale = run.scope().addresses().stream()
                .filter(a ->
                        !run.desired().wants(a) && run.applied().addresses().contains(a))
                .toList();
        if (stale.isEmpty()) {
            return;
        }
        Map<IpAddress, NetlinkException> failed = outcome(dummy.unbind(stale));
        for (IpAddress address : stale) {
            NetlinkException error = failed.get(address);
            if (error == null || error.notFound()) {
                run.applied().addresses().remove(address);
            } else {
                run.unfinished().addresses().add(address);
                run.leftOver(new KernelObject("address", address + " on " + DummyDevice.NAME), error);
            }
        }
    }

    private Map<IpAddress, NetlinkException> outcome(Links.AddressResult result) {
        run.charge(result.messages(), result.bytes());
        Map<IpAddress, NetlinkException> failed = new HashMap<>();
        result.failures().forEach(f -> failed.put(f.address(), f.error()));
        return failed;
    }
}
