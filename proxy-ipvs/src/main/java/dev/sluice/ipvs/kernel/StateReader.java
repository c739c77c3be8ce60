// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.kernel;

import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.ipvs.plan.AppliedObjects;
import dev.sluice.ipvs.plan.DesiredObjects;
import dev.sluice.ipvs.plan.DesiredServer;
import dev.sluice.ipvs.rules.KubeSet;
import dev.sluice.ipvs.rules.SetMember;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.ipset.IpSets;
import dev.sluice.linux.ipset.SetEntry;
import dev.sluice.linux.ipvs.Ipvs;
import dev.sluice.linux.ipvs.IpvsCommand.AddRealServer;
import dev.sluice.linux.ipvs.IpvsCommand.AddVirtualServer;
import dev.sluice.linux.ipvs.RealServerState;
import dev.sluice.linux.ipvs.VirtualServer;
import dev.sluice.linux.ipvs.VirtualServerKey;
import dev.sluice.linux.ipvs.VirtualServerState;
import dev.sluice.linux.route.Links.LinkAddress;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads the kernel and distinguishes our objects from foreign ones, without a file that lists them.
 *
 * <p>A virtual server is ours when its address, port and protocol are an element of one of our sets, or when its
 * address is on the dummy device and no element says that we have another port there: elements are added before their
 * virtual server, and deleted after it, so that even a killed process leaves no virtual server without. Set
 * {@link KubeSet#NODE_PORT_SERVERS} exists for this alone. On a node where it does not exist yet, kube-proxy may have
 * run: then a virtual server on one of the node's addresses whose port is in kube-proxy's sets of node ports is ours
 * too. So that a flushed set costs no Service its virtual server, one that has a real server in common with the desired
 * one is ours as well. Everything else is foreign and never touched, and so is what lies in the excluded ranges unless
 * a Service needs it.
 */
public final class StateReader {
    private static final Set<KubeSet> REGISTERS = EnumSet.of(
            KubeSet.CLUSTER_IP,
            KubeSet.EXTERNAL_IP,
            KubeSet.EXTERNAL_IP_LOCAL,
            KubeSet.LOAD_BALANCER,
            KubeSet.NODE_PORT_SERVERS);

    private final IpFamily family;
    private final Ipvs ipvs;
    private final IpSets sets;
    private final DummyDevice dummy;
    private final List<Cidr> excluded;

    StateReader(KernelHandles handles, DummyDevice dummy, List<Cidr> excluded) {
        family = handles.family();
        ipvs = handles.ipvs();
        sets = handles.sets();
        this.dummy = dummy;
        this.excluded = excluded;
    }

    /**
     * Reads everything of ours.
     *
     * @param existingSets the names of the sets that existed before this sync
     * @param addresses of all links
     * @param before what was last known to be applied; null at a start
     */
    public AppliedObjects read(
            Set<String> existingSets,
            List<LinkAddress> addresses,
            DesiredObjects desired,
            @Nullable AppliedObjects before)
            throws NetlinkException {
        AppliedObjects applied = new AppliedObjects();
        applied.addresses().addAll(dummy.bound(addresses));
        for (KubeSet set : KubeSet.values()) {
            if (existingSets.contains(set.nameIn(family))) {
                applied.members(set).addAll(sets.list(set.in(family)));
            }
        }
        boolean hasRegister = existingSets.contains(KubeSet.NODE_PORT_SERVERS.nameIn(family));
        Set<VirtualServerKey> registered = registered(applied);
        Set<IpAddress> unregistered = new HashSet<>(applied.addresses());
        if (hasRegister) {
            registered.forEach(key -> unregistered.remove(key.address()));
        }
        Set<IpAddress> elsewhere = dummy.elsewhere(addresses);
        List<VirtualServerState> servers = ipvs.virtualServers();
        Set<VirtualServerKey> existing =
                servers.stream().map(s -> s.server().key()).collect(Collectors.toSet());
        RealServerTable table = RealServerTable.read(ipvs, family, existing);
        for (VirtualServerState server : servers) {
            VirtualServerKey key = server.server().key();
            DesiredServer wanted = desired.server(key);
            if (key.family() != family || (wanted == null && isExcluded(key.address()))) {
                continue;
            }
            boolean known = before != null && before.isOurs(key);
            boolean foreign = before != null && before.foreign().contains(key);
            boolean made = registered.contains(key)
                    || unregistered.contains(key.address())
                    || (!hasRegister && isOfKubeProxy(applied, elsewhere, key));
            List<RealServerState> listed = Objects.requireNonNullElse(table.of(key), List.of());
            if (known || (!foreign && (made || haveRealServerInCommon(listed, wanted)))) {
                load(server.server(), listed, applied);
            } else if (wanted != null) {
                applied.foreign().add(key);
            }
        }
        return applied;
    }

    private static boolean haveRealServerInCommon(List<RealServerState> listed, @Nullable DesiredServer wanted) {
        return wanted != null
                && listed.stream()
                        .map(RealServerState::server)
                        .anyMatch(r -> wanted.realServers().stream()
                                .anyMatch(
                                        w -> w.port() == r.port() && w.address().equals(r.address())));
    }

    /** The table has no thresholds, which hold the start of a drain. */
    private void load(VirtualServer server, List<RealServerState> listed, AppliedObjects applied)
            throws NetlinkException {
        boolean drains = listed.stream().anyMatch(r -> r.server().weight() == 0);
        applied.accepted(new AddVirtualServer(server));
        for (RealServerState each : drains ? ipvs.realServers(server.key()) : listed) {
            applied.accepted(new AddRealServer(server.key(), each.server()));
        }
    }

    private static Set<VirtualServerKey> registered(AppliedObjects applied) {
        Set<VirtualServerKey> keys = new HashSet<>();
        for (KubeSet set : REGISTERS) {
            for (SetEntry entry : applied.members(set)) {
                VirtualServerKey key = new SetMember(set, entry).server();
                if (key != null) {
                    keys.add(key);
                }
            }
        }
        return keys;
    }

    /** Whether kube-proxy made the virtual server for a node port. */
    private static boolean isOfKubeProxy(AppliedObjects applied, Set<IpAddress> elsewhere, VirtualServerKey key) {
        if (!elsewhere.contains(key.address())) {
            return false;
        }
        return switch (key.protocol()) {
            case TCP -> applied.has(new SetMember(KubeSet.NODE_PORT_TCP, new SetEntry.Port(key.port())));
            case UDP -> applied.has(new SetMember(KubeSet.NODE_PORT_UDP, new SetEntry.Port(key.port())));
            case SCTP ->
                applied.has(new SetMember(
                        KubeSet.NODE_PORT_SCTP, new SetEntry.IpPort(key.address(), key.protocol(), key.port())));
        };
    }

    private boolean isExcluded(IpAddress address) {
        return excluded.stream().anyMatch(range -> range.contains(address));
    }
}
