package dev.sluice.ipvs.sync;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.ipvs.kernel.DummyDevice;
import dev.sluice.ipvs.kernel.RealServerTable;
import dev.sluice.ipvs.kernel.RuleWriter;
import dev.sluice.ipvs.plan.AppliedObjects;
import dev.sluice.ipvs.plan.NodeView;
import dev.sluice.ipvs.plan.SyncScope;
import dev.sluice.ipvs.rules.KubeSet;
import dev.sluice.ipvs.rules.SetMember;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.ipset.IpSets;
import dev.sluice.linux.ipset.SetEntry;
import dev.sluice.linux.ipvs.Ipvs;
import dev.sluice.linux.ipvs.RealServer;
import dev.sluice.linux.ipvs.RealServerState;
import dev.sluice.linux.ipvs.VirtualServerKey;
import dev.sluice.linux.route.Links;
import dev.sluice.linux.route.Links.LinkAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * Compares every five seconds, or less often where a look takes over 50 ms, what we hold to be in force with the kernel, at the price of one read of its table of virtual
 * servers, one list of the sets' sizes and one of addresses. Where they differ the kernel is believed, and what is wanted is
 * put back by the sync that asked. The rules, of which {@link RuleWriter} takes care, are watched by others. Schedulers and
 * flags of virtual servers, and elements that were exchanged for others, are left to full syncs.
 */
public final class DriftCheck {
    public static final Duration PERIOD = Duration.ofSeconds(5);
    /** A look may take this part of the time from one to the next: a hundredth for each of two families. */
    private static final int SHARE = 100;

    private final IpFamily family;
    private final Ipvs ipvs;
    private final IpSets sets;
    private final Links links;
    private final DummyDevice dummy;
    private final LongSupplier nanoTime;
    private Duration period = PERIOD;
    private long lastLook;

    DriftCheck(IpFamily family, Ipvs ipvs, IpSets sets, Links links, DummyDevice dummy, LongSupplier nanoTime) {
        this.family = family;
        this.ipvs = ipvs;
        this.sets = sets;
        this.links = links;
        this.dummy = dummy;
        this.nanoTime = nanoTime;
    }

    /** How long until the next look is due. */
    Duration nextLook() {
        Duration left = period.minusNanos(nanoTime.getAsLong() - lastLook);
        return left.isNegative() ? Duration.ZERO : left;
    }

    /** The next sync shall look. */
    void beDue() {
        lastLook = nanoTime.getAsLong() - period.toNanos();
    }

    /** Everything has just been read. */
    void pause() {
        lastLook = nanoTime.getAsLong();
    }

    /**
     * Corrects {@code state} by what the kernel has, and notes in {@code scope} what differed.
     *
     * @param node what rendering knew of the node's addresses
     */
    Drift look(AppliedObjects state, NodeView node, SyncScope scope) throws NetlinkException {
        long begun = nanoTime.getAsLong();
        Drift drift = new Drift();
        List<LinkAddress> all = links.addresses();
        addresses(new HashSet<>(dummy.bound(all)), state, scope, drift);
        if (dummy.isMissing() || !NodeView.elsewhere(family, all).equals(node.elsewhere())) {
            drift.needsFullSync();
        }
        members(state, scope, drift);
        servers(state, scope, drift);
        pause();
        rest(Duration.ofNanos(lastLook - begun));
        return drift;
    }

    /** Waits the longer the more a look takes. */
    private void rest(Duration cost) {
        Duration wanted = cost.multipliedBy(SHARE);
        period = wanted.compareTo(PERIOD) > 0 ? wanted : PERIOD;
    }

    private static void addresses(Set<IpAddress> bound, AppliedObjects state, SyncScope scope, Drift drift) {
        if (bound.equals(state.addresses())) {
            return;
        }
        Set<IpAddress> different = new HashSet<>(bound);
        different.addAll(state.addresses());
        different.removeIf(a -> bound.contains(a) && state.addresses().contains(a));
        drift.found("addresses", DummyDevice.NAME, different.size());
        scope.addresses().addAll(different);
        state.addresses().clear();
        state.addresses().addAll(bound);
    }

    private void members(AppliedObjects state, SyncScope scope, Drift drift) throws NetlinkException {
        Map<String, Long> sizes = sets.sizes();
        for (KubeSet set : KubeSet.values()) {
            String name = set.nameIn(family);
            Long size = sizes.get(name);
            int held = state.members(set).size();
            if (size == null) {
                drift.found("ipset", name, held);
                drift.needsFullSync();
            } else if (size != held) {
                Set<SetEntry> found = sets.list(set.in(family));
                state.members(set).stream()
                        .filter(e -> !found.contains(e))
                        .forEach(e -> scope.members().add(new SetMember(set, e)));
                found.forEach(e -> scope.members().add(new SetMember(set, e)));
                drift.found("ipset", name, Math.toIntExact(Math.abs(size - held)));
                state.replaceMembers(set, found);
            }
        }
    }

    private void servers(AppliedObjects state, SyncScope scope, Drift drift) throws NetlinkException {
        RealServerTable table = RealServerTable.read(ipvs, family);
        for (VirtualServerKey key : state.foreign()) {
            if (table.of(key) == null) {
                drift.needsFullSync(); // its Service can have it now
            }
        }
        for (VirtualServerKey key : List.copyOf(state.serverKeys())) {
            AppliedObjects.Server held = state.server(key);
            if (held == null) {
                continue;
            }
            List<RealServerState> found = table.of(key);
            if (found == null) {
                drift.found("ipvs", key.toString(), 1 + held.destinations().size());
                scope.servers().add(key);
                state.forget(key);
                continue;
            }
            if (isSame(found, held.destinations()) || isSame(found.reversed(), held.destinations())) {
                continue;
            }
            List<RealServer> now = withThresholds(found, held.destinations());
            int different = different(now, held.destinations());
            if (different > 0) {
                drift.found("ipvs", key.toString(), different);
                scope.servers().add(key);
                state.replaceDestinations(key, now);
            }
        }
    }

    /** Whether the lists are the same in the same order: that of almost all, found without making anything. */
    private static boolean isSame(List<RealServerState> found, List<RealServer> held) {
        if (found.size() != held.size()) {
            return false;
        }
        for (int i = 0; i < held.size(); i++) {
            if (!isSame(found.get(i).server(), held.get(i))) {
                return false;
            }
        }
        return true;
    }

    private static boolean isSame(RealServer listed, RealServer held) {
        return held.port() == listed.port()
                && held.weight() == listed.weight()
                && held.address().equals(listed.address());
    }

    /** The kernel's table does not tell thresholds, so those that we wrote are taken to stand. */
    private static List<RealServer> withThresholds(List<RealServerState> found, List<RealServer> held) {
        List<RealServer> now = new ArrayList<>(found.size());
        for (RealServerState destination : found) {
            RealServer listed = destination.server();
            now.add(held.stream().filter(h -> isSame(listed, h)).findFirst().orElse(listed));
        }
        return now;
    }

    private static int different(List<RealServer> now, List<RealServer> held) {
        Set<RealServer> both = new HashSet<>(now);
        both.retainAll(new HashSet<>(held));
        return Math.max(now.size(), held.size()) - both.size();
    }
}
