// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables.affinity;

import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.KernelCost;
import dev.sluice.iptables.render.ClientMemory;
import dev.sluice.iptables.render.ClientSetNames;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.ipset.IpSet;
import dev.sluice.linux.ipset.IpSets;
import dev.sluice.linux.ipset.IpSets.SetHeader;
import dev.sluice.linux.ipset.IpSets.SetsCreated;
import dev.sluice.linux.iptables.Iptables;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The IP sets of one family that remember clients, one for each endpoint of a port with session affinity. The kernel
 * fills them by rules, and they outlive the process.
 *
 * <p>A set must exist before a rule names it, and cannot be destroyed while one does. So a sync first creates sets,
 * then writes rules, and last releases the sets that the rules no longer name.
 */
public final class ClientSets {
    private static final Logger LOG = LoggerFactory.getLogger(ClientSets.class);

    private final IpFamily family;
    private final HostSets host;
    private final SetTrial trial;
    private final ClientTransfer transfer;
    private final StaleSets stale = new StaleSets();
    private Map<String, SetHeader> found = new HashMap<>();
    private String reported = "";

    /**
     * What happened to sets that were to be created.
     *
     * @param refused by name, with the reason
     */
    public record Created(Map<String, String> refused, KernelCost cost) {
        static final Created NOTHING = new Created(Map.of(), KernelCost.NONE);

        public Created {
            refused = Map.copyOf(refused);
        }
    }

    public ClientSets(Iptables iptables, HostSets host) {
        this.family = iptables.family();
        this.host = host;
        this.trial = new SetTrial(iptables);
        this.transfer = new ClientTransfer(family, host);
    }

    /**
     * Begins a full sync: reads which sets exist, and decides where clients are remembered.
     *
     * @param needed whether any port has affinity; only then are sets tried out
     * @throws KernelException when that is not known; nothing should change then
     */
    public ClientMemory read(boolean needed) throws KernelException {
        found = new HashMap<>();
        Optional<String> unusable = unusable(needed);
        unusable.filter(reason -> needed && !reason.equals(reported)).ifPresent(reason -> {
            reported = reason;
            LOG.atWarn()
                    .addKeyValue("family", family)
                    .addKeyValue("cause", reason)
                    .log("session affinity holds for the last {} clients of each endpoint only", ClientMemory.FEW);
        });
        return unusable.map(ClientMemory::lists).orElse(ClientMemory.SETS);
    }

    private Optional<String> unusable(boolean needed) throws KernelException {
        IpSets sets;
        try {
            sets = host.get();
        } catch (NetlinkException e) {
            if (e.unsupported() || e.permissionDenied()) {
                return Optional.of(String.valueOf(e.getMessage()));
            }
            throw e;
        }
        sets.headers().forEach((name, header) -> {
            if (ClientSetNames.isOurs(family, name)) {
                found.put(name, header);
            }
        });
        return needed || trial.isOver() ? tryOut(sets) : Optional.empty();
    }

    private Optional<String> tryOut(IpSets sets) throws KernelException {
        boolean first = !trial.isOver();
        try {
            return trial.run(sets, found.keySet());
        } finally {
            if (first) {
                stale.add(List.of(trial.set()));
            }
        }
    }

    /** Whether rules can use sets, once a port needs them. */
    public boolean usable() throws KernelException {
        return tryOut(host.get()).isEmpty();
    }

    /** In a full sync, after {@link #read}: creates those of {@code names} that are missing or unfit. */
    public Created adopt(Collection<String> names) throws KernelException {
        Set<String> missing = new TreeSet<>(names);
        missing.removeAll(found.keySet());
        Created created = create(missing);
        Map<String, String> refused = new HashMap<>(created.refused());
        for (String name : new TreeSet<>(names)) {
            SetHeader header = found.get(name);
            if (header != null && !ClientSetShape.fits(family, header)) {
                replace(name).ifPresent(reason -> refused.put(name, reason));
            }
        }
        stale.remove(names);
        return new Created(refused, created.cost());
    }

    /** Creates those of {@code names} that do not exist, in one batch. */
    public Created create(Collection<String> names) throws KernelException {
        if (names.isEmpty()) {
            return Created.NOTHING;
        }
        stale.remove(names);
        IpSets sets = host.get();
        List<IpSet> shapes = new ArrayList<>();
        for (String name : names) {
            boolean many = found.size() + shapes.size() >= ClientSetShape.MANY;
            shapes.add(shape(name, many ? ClientSetShape.FEW_BUCKETS : ClientSetShape.BUCKETS));
        }
        SetsCreated result = sets.createAll(shapes);
        Map<String, String> refused = new HashMap<>();
        result.refused().forEach((name, e) -> {
            if (!e.alreadyExists()) {
                refused.put(name, String.valueOf(e.getMessage()));
            }
        });
        if (result.refused().size() > refused.size()) {
            refuseUnfit(sets, result.refused(), refused);
        }
        shapes.stream()
                .filter(set -> !refused.containsKey(set.name()))
                .forEach(set -> found.putIfAbsent(set.name(), new SetHeader(Optional.of(set), 0)));
        return new Created(refused, new KernelCost(result.messages(), result.bytes()));
    }

    private void refuseUnfit(IpSets sets, Map<String, NetlinkException> answers, Map<String, String> refused)
            throws NetlinkException {
        Map<String, SetHeader> headers = sets.headers();
        answers.forEach((name, e) -> {
            SetHeader header = headers.get(name);
            if (e.alreadyExists() && (header == null || !ClientSetShape.fits(family, header))) {
                refused.put(name, String.valueOf(e.getMessage()));
            }
        });
    }

    private IpSet shape(String name, int buckets) {
        return ClientSetShape.of(family, name, buckets);
    }

    /** Exchanges a set that cannot remember clients, also while rules refer to it; the reason if that is impossible. */
    private Optional<String> replace(String name) throws KernelException {
        IpSets sets = host.get();
        try {
            if (StaleSets.destroy(sets, name)) {
                sets.create(shape(name, ClientSetShape.BUCKETS));
                return Optional.empty();
            }
            sets.create(shape(trial.set(), ClientSetShape.BUCKETS));
            sets.swap(name, trial.set());
            return Optional.empty();
        } catch (NetlinkException e) {
            return Optional.of("IP set " + name + " is not ours, or was changed: " + e.getMessage());
        } finally {
            stale.add(List.of(trial.set()));
        }
    }

    /** Keeps the clients that rules remembered which are about to be replaced. */
    public ClientTransfer transfer() {
        return transfer;
    }

    /** In a full sync, when its rules are in force: the sets of ours that are not among {@code used} are stale. */
    public void retain(Set<String> used) {
        Set<String> unused = new HashSet<>(found.keySet());
        unused.removeAll(used);
        release(unused);
    }

    /** No rule names these any more. */
    public void release(Collection<String> names) {
        found.keySet().removeAll(names);
        stale.add(names);
    }

    /** Destroys what was released, as far as the kernel has freed the rules that named it. */
    public void sweep() {
        if (stale.isEmpty()) {
            return;
        }
        try {
            stale.sweep(host.get());
        } catch (KernelException e) {
            LOG.atWarn()
                    .addKeyValue("family", family)
                    .addKeyValue("cause", e.getMessage())
                    .log("IP sets of removed endpoints stay for now");
        }
    }

    /** The time until {@link #sweep} has something to do; empty when nothing is pending. */
    public Optional<Duration> nextSweep() {
        return stale.nextSweep();
    }
}
