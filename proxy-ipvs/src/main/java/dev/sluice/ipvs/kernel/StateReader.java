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
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads what is in the kernel and tells what of it is ours, without a file of our own to remember it by.
 *
 * <p>A virtual server is ours when its address, port and protocol are an element of one of our sets, or its address is on the
 * dummy device and no element says that we have another port there: elements are added before their virtual server is made and removed after it is gone, so even a
 * killed process leaves none without. Set {@link KubeSet#NODE_PORT_SERVERS} is there for this alone. On a node where it
 * does not exist yet, kube-proxy may have run: then a virtual server on one of the node's addresses whose port is in
 * kube-proxy's sets of node ports is taken over too. So that a flushed set costs no Service its virtual server, one with an
 * endpoint of the Service that wants it is ours as well. Everything else is foreign and never scope, and so is what lies
 * in the excluded ranges unless a Service wants it.
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
    private final List<Cidr> excluded;

    public StateReader(IpFamily family, Ipvs ipvs, IpSets sets, List<Cidr> excluded) {
        this.family = family;
        this.ipvs = ipvs;
        this.sets = sets;
        this.excluded = excluded;
    }

    /**
     * Reads everything of ours.
     *
     * @param existingSets the names of the sets that there were before this sync
     * @param bound the addresses on the dummy device
     * @param elsewhere the addresses on the other devices
     * @param wanted the virtual servers that Services want
     * @param before what was in force when it was last known; null at a start
     */
    public AppliedObjects read(
            Set<String> existingSets,
            List<IpAddress> bound,
            Set<IpAddress> elsewhere,
            DesiredObjects wanted,
            @Nullable AppliedObjects before)
            throws NetlinkException {
        AppliedObjects state = new AppliedObjects();
        state.addresses().addAll(bound);
        for (KubeSet set : KubeSet.values()) {
            if (existingSets.contains(set.nameIn(family))) {
                state.members(set).addAll(sets.list(set.in(family)));
            }
        }
        boolean registered = existingSets.contains(KubeSet.NODE_PORT_SERVERS.nameIn(family));
        Set<VirtualServerKey> registers = registers(state);
        Set<IpAddress> unregistered = new HashSet<>(bound);
        if (registered) {
            registers.forEach(key -> unregistered.remove(key.address()));
        }
        List<VirtualServerState> services = ipvs.virtualServers();
        Set<VirtualServerKey> existing =
                services.stream().map(s -> s.server().key()).collect(Collectors.toSet());
        RealServerTable table = RealServerTable.read(ipvs, family, existing);
        for (VirtualServerState service : services) {
            VirtualServerKey key = service.server().key();
            DesiredServer want = wanted.server(key);
            if (key.family() != family || (want == null && isExcluded(key.address()))) {
                continue;
            }
            boolean known = before != null && before.isOurs(key);
            boolean refused = before != null && before.foreign().contains(key);
            boolean made = registers.contains(key)
                    || unregistered.contains(key.address())
                    || (!registered && takenOver(state, elsewhere, key));
            List<RealServerState> listed = Objects.requireNonNullElse(table.of(key), List.of());
            if (known || (!refused && (made || shares(listed, want)))) {
                load(service.server(), listed, state);
            } else if (want != null) {
                state.foreign().add(key);
            }
        }
        return state;
    }

    private static boolean shares(List<RealServerState> listed, @Nullable DesiredServer want) {
        return want != null
                && listed.stream()
                        .map(RealServerState::server)
                        .anyMatch(d -> want.destinations().stream()
                                .anyMatch(
                                        w -> w.port() == d.port() && w.address().equals(d.address())));
    }

    /** The table does not tell thresholds, in which draining destinations have their time. */
    private void load(VirtualServer server, List<RealServerState> listed, AppliedObjects state)
            throws NetlinkException {
        boolean drains = listed.stream().anyMatch(d -> d.server().weight() == 0);
        state.carriedOut(new AddVirtualServer(server));
        for (RealServerState destination : drains ? ipvs.realServers(server.key()) : listed) {
            state.carriedOut(new AddRealServer(server.key(), destination.server()));
        }
    }

    private static Set<VirtualServerKey> registers(AppliedObjects state) {
        Set<VirtualServerKey> keys = new HashSet<>();
        for (KubeSet set : REGISTERS) {
            for (SetEntry entry : state.members(set)) {
                VirtualServerKey key = new SetMember(set, entry).server();
                if (key != null) {
                    keys.add(key);
                }
            }
        }
        return keys;
    }

    private static boolean takenOver(AppliedObjects state, Set<IpAddress> elsewhere, VirtualServerKey key) {
        if (!elsewhere.contains(key.address())) {
            return false;
        }
        return switch (key.protocol()) {
            case TCP -> state.has(new SetMember(KubeSet.NODE_PORT_TCP, new SetEntry.Port(key.port())));
            case UDP -> state.has(new SetMember(KubeSet.NODE_PORT_UDP, new SetEntry.Port(key.port())));
            case SCTP ->
                state.has(new SetMember(
                        KubeSet.NODE_PORT_SCTP, new SetEntry.IpPort(key.address(), key.protocol(), key.port())));
        };
    }

    private boolean isExcluded(IpAddress address) {
        return excluded.stream().anyMatch(range -> range.contains(address));
    }
}
