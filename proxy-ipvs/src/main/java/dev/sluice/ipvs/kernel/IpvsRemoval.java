package dev.sluice.ipvs.kernel;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.ipvs.plan.AppliedObjects;
import dev.sluice.ipvs.plan.DesiredObjects;
import dev.sluice.ipvs.rules.KubeSet;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.ipset.IpSets;
import dev.sluice.linux.ipvs.Ipvs;
import dev.sluice.linux.ipvs.IpvsCommand;
import dev.sluice.linux.ipvs.IpvsCommand.DeleteVirtualServer;
import dev.sluice.linux.ipvs.VirtualServerKey;
import dev.sluice.linux.route.Links;
import dev.sluice.linux.route.Links.LinkAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Takes what ipvs mode made in one family out of the kernel again: addresses, virtual servers, rules, sets. */
public final class IpvsRemoval {
    private final IpFamily family;
    private final Ipvs ipvs;
    private final IpSets sets;
    private final Links links;
    private final DummyDevice dummy;
    private final StateReader reader;
    private final RuleWriter rules;

    public IpvsRemoval(
            IpFamily family,
            Ipvs ipvs,
            IpSets sets,
            Links links,
            DummyDevice dummy,
            StateReader reader,
            RuleWriter rules) {
        this.family = family;
        this.ipvs = ipvs;
        this.sets = sets;
        this.links = links;
        this.dummy = dummy;
        this.reader = reader;
        this.rules = rules;
    }

    public void run() throws KernelException {
        Set<String> names = sets.names();
        removeServing(names);
        rules.remove();
        destroySets(names);
    }

    /** The same without the rules; the answer is whether there was anything. */
    public boolean runBesideRules() throws KernelException {
        Set<String> names = sets.names();
        boolean served = removeServing(names);
        return destroySets(names) || served;
    }

    private boolean removeServing(Set<String> names) throws KernelException {
        List<LinkAddress> addresses = links.addresses();
        Set<IpAddress> elsewhere = new HashSet<>();
        addresses.stream().filter(a -> !a.linkName().equals(DummyDevice.NAME)).forEach(a -> elsewhere.add(a.address()));
        AppliedObjects ours = reader.read(names, dummy.bound(addresses), elsewhere, new DesiredObjects(), null);
        dummy.remove();
        deleteServers(ours.serverKeys());
        return !ours.serverKeys().isEmpty()
                || addresses.stream().anyMatch(a -> a.linkName().equals(DummyDevice.NAME));
    }

    private boolean destroySets(Set<String> names) throws NetlinkException {
        boolean any = false;
        for (KubeSet set : KubeSet.values()) {
            String name = set.nameIn(family);
            if (names.contains(name)) {
                sets.destroy(name);
                any = true;
            }
        }
        return any;
    }

    private void deleteServers(Set<VirtualServerKey> keys) throws NetlinkException {
        List<IpvsCommand> commands = new ArrayList<>();
        keys.forEach(key -> commands.add(new DeleteVirtualServer(key)));
        for (Ipvs.Failure failure : ipvs.apply(commands).failures()) {
            if (!failure.error().notFound()) {
                throw failure.error();
            }
        }
    }
}
