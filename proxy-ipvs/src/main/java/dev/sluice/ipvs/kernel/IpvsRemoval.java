// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.kernel;

import dev.sluice.ipvs.plan.AppliedObjects;
import dev.sluice.ipvs.plan.DesiredObjects;
import dev.sluice.ipvs.rules.KubeSet;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.ipvs.Ipvs;
import dev.sluice.linux.ipvs.IpvsCommand;
import dev.sluice.linux.ipvs.IpvsCommand.DeleteVirtualServer;
import dev.sluice.linux.ipvs.VirtualServerKey;
import dev.sluice.linux.route.Links.LinkAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/** Removes what ipvs mode made in one family: addresses, virtual servers, rules, sets. */
public final class IpvsRemoval {
    private final IpvsKernel kernel;

    public IpvsRemoval(IpvsKernel kernel) {
        this.kernel = kernel;
    }

    public void removeAll() throws KernelException {
        Set<String> names = kernel.sets().names();
        removeServers(names);
        kernel.rules().remove();
        destroySets(names, _ -> true);
    }

    /** @return whether there was anything */
    public boolean removeAllButRules() throws KernelException {
        Set<String> names = kernel.sets().names();
        boolean served = removeServers(names);
        return destroySets(names, _ -> true) || served;
    }

    /**
     * Removes the sets that kube-proxy's ipvs mode does not have. Call it when no rule refers to them.
     *
     * @return whether there was any
     */
    public boolean removeUnsharedSets() throws KernelException {
        return destroySets(kernel.sets().names(), set -> !set.isShared());
    }

    private boolean removeServers(Set<String> setNames) throws KernelException {
        List<LinkAddress> addresses = kernel.links().addresses();
        AppliedObjects ours = kernel.reader().read(setNames, addresses, new DesiredObjects(), null);
        kernel.dummy().remove();
        deleteServers(ours.serverKeys());
        return !ours.serverKeys().isEmpty()
                || addresses.stream().anyMatch(a -> a.linkName().equals(DummyDevice.NAME));
    }

    private boolean destroySets(Set<String> names, Predicate<KubeSet> which) throws NetlinkException {
        boolean any = false;
        for (KubeSet set : KubeSet.values()) {
            String name = set.nameIn(kernel.family());
            if (which.test(set) && names.contains(name)) {
                kernel.sets().destroy(name);
                any = true;
            }
        }
        return any;
    }

    private void deleteServers(Set<VirtualServerKey> keys) throws NetlinkException {
        List<IpvsCommand> commands = new ArrayList<>();
        keys.forEach(key -> commands.add(new DeleteVirtualServer(key)));
        for (Ipvs.Failure failure : kernel.ipvs().apply(commands).failures()) {
            if (!failure.error().notFound()) {
                throw failure.error();
            }
        }
    }
}
