// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.sync;

import dev.sluice.core.net.IpAddress;
import dev.sluice.ipvs.kernel.DummyDevice;
import dev.sluice.ipvs.kernel.IpvsKernel;
import dev.sluice.ipvs.kernel.RealServerTable;
import dev.sluice.ipvs.plan.AppliedObjects;
import dev.sluice.ipvs.plan.NodeView;
import dev.sluice.ipvs.plan.SyncScope;
import dev.sluice.ipvs.rules.KubeSet;
import dev.sluice.ipvs.rules.SetMember;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.ipset.SetEntry;
import dev.sluice.linux.ipvs.RealServer;
import dev.sluice.linux.ipvs.RealServerState;
import dev.sluice.linux.ipvs.VirtualServerKey;
import dev.sluice.linux.route.Links.LinkAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * Compares what is known to be applied with the kernel, every five seconds, or less often where a comparison takes over
 * 50 ms. It costs one read of the kernel's table of virtual servers, one list of the sets' sizes and one of addresses.
 * Where they differ the kernel is believed, and the sync that asked applies what is desired. The rules are watched
 * elsewhere. Schedulers and flags of virtual servers, and elements that were replaced by others, are left to full
 * syncs.
 */
public final class DriftCheck {
    public static final Duration PERIOD = Duration.ofSeconds(5);
    /** A comparison may take this part of its period: a hundredth for each of two families. */
    private static final int SHARE = 100;

    private final IpvsKernel kernel;
    private final LongSupplier nanoTime;
    private Duration period = PERIOD;
    private long lastCheck;

    DriftCheck(IpvsKernel kernel, LongSupplier nanoTime) {
        this.kernel = kernel;
        this.nanoTime = nanoTime;
    }

    /** How long until the next comparison is due. */
    Duration nextCheck() {
        Duration left = period.minusNanos(nanoTime.getAsLong() - lastCheck);
        return left.isNegative() ? Duration.ZERO : left;
    }

    /** Makes the next sync compare. */
    void beDue() {
        lastCheck = nanoTime.getAsLong() - period.toNanos();
    }

    /** Records that everything has just been read. */
    void pause() {
        lastCheck = nanoTime.getAsLong();
    }

    /**
     * Corrects {@code applied} by what the kernel has, and adds to {@code scope} what differed.
     *
     * @param node what plans know of the node's addresses
     */
    Drift check(AppliedObjects applied, NodeView node, SyncScope scope) throws NetlinkException {
        long begun = nanoTime.getAsLong();
        Drift drift = new Drift();
        List<LinkAddress> all = kernel.links().addresses();
        addresses(new HashSet<>(kernel.dummy().bound(all)), applied, scope, drift);
        if (kernel.dummy().isMissing() || !kernel.dummy().elsewhere(all).equals(node.elsewhere())) {
            drift.needsFullSync();
        }
        members(applied, scope, drift);
        servers(applied, scope, drift);
        pause();
        rest(Duration.ofNanos(lastCheck - begun));
        return drift;
    }

    /** The longer a comparison takes, the longer the pause. */
    private void rest(Duration cost) {
        Duration pause = cost.multipliedBy(SHARE);
        period = pause.compareTo(PERIOD) > 0 ? pause : PERIOD;
    }

    private static void addresses(Set<IpAddress> bound, AppliedObjects applied, SyncScope scope, Drift drift) {
        if (bound.equals(applied.addresses())) {
            return;
        }
        Set<IpAddress> different = new HashSet<>(bound);
        different.addAll(applied.addresses());
        different.removeIf(a -> bound.contains(a) && applied.addresses().contains(a));
        drift.found("addresses", DummyDevice.NAME, different.size());
        scope.addresses().addAll(different);
        applied.addresses().clear();
        applied.addresses().addAll(bound);
    }

    private void members(AppliedObjects applied, SyncScope scope, Drift drift) throws NetlinkException {
        Map<String, Long> sizes = kernel.sets().sizes();
        for (KubeSet set : KubeSet.values()) {
            String name = set.nameIn(kernel.family());
            Long size = sizes.get(name);
            int held = applied.members(set).size();
            if (size == null) {
                drift.found("ipset", name, held);
                drift.needsFullSync();
            } else if (size != held) {
                Set<SetEntry> found = kernel.sets().list(set.in(kernel.family()));
                applied.members(set).stream()
                        .filter(e -> !found.contains(e))
                        .forEach(e -> scope.members().add(new SetMember(set, e)));
                found.forEach(e -> scope.members().add(new SetMember(set, e)));
                drift.found("ipset", name, Math.toIntExact(Math.abs(size - held)));
                applied.replaceMembers(set, found);
            }
        }
    }

    private void servers(AppliedObjects applied, SyncScope scope, Drift drift) throws NetlinkException {
        RealServerTable table = RealServerTable.read(kernel.ipvs(), kernel.family());
        for (VirtualServerKey key : applied.foreign()) {
            if (table.of(key) == null) {
                drift.needsFullSync(); // its Service can use it now
            }
        }
        for (VirtualServerKey key : List.copyOf(applied.serverKeys())) {
            AppliedObjects.Server held = applied.server(key);
            if (held == null) {
                continue;
            }
            List<RealServerState> found = table.of(key);
            if (found == null) {
                drift.found("ipvs", key.toString(), 1 + held.realServers().size());
                scope.servers().add(key);
                applied.lose(key);
                continue;
            }
            if (isSame(found, held.realServers()) || isSame(found.reversed(), held.realServers())) {
                continue;
            }
            List<RealServer> now = withThresholds(found, held.realServers());
            int different = different(now, held.realServers());
            if (different > 0) {
                drift.found("ipvs", key.toString(), different);
                scope.servers().add(key);
                applied.replaceRealServers(key, now);
            }
        }
    }

    /** Whether the lists are the same in the same order, as almost all are; allocates nothing. */
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

    /** The kernel's table has no thresholds, so those that we wrote are taken to be there still. */
    private static List<RealServer> withThresholds(List<RealServerState> found, List<RealServer> held) {
        List<RealServer> now = new ArrayList<>(found.size());
        for (RealServerState each : found) {
            RealServer listed = each.server();
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
