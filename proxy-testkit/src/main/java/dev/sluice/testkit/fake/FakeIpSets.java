// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.fake;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.Errno;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.ipset.IpSet;
import dev.sluice.linux.ipset.IpSets;
import dev.sluice.linux.ipset.SetEntry;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * IP sets in memory. It refuses what the kernel refuses (net/netfilter/ipset of 6.x): long names, another shape under
 * an existing name, elements of another type or family, more elements than {@code maxelem}, a prefix of length 0, time
 * limits in a set without, and the destruction of a set that a rule refers to. It counts the messages it receives. No
 * time passes in it.
 */
public final class FakeIpSets implements IpSets {
    /** The kernel's number for a full hash set (IPSET_ERR_HASH_FULL in ip_set_hash.h). */
    public static final int HASH_FULL = 4352;

    private static final int TYPE_MISMATCH = 4102;
    private static final int INVALID_CIDR = 4104;
    private static final int WITHOUT_TIMEOUTS = 4107;
    private static final int LONGEST_NAME = 31;

    private final Map<String, IpSet> sets = new LinkedHashMap<>();
    private final Map<String, Map<SetEntry, Integer>> members = new LinkedHashMap<>();
    private final Predicate<String> referenced;
    private final List<SetChange> log = new ArrayList<>();
    private Predicate<SetChange> extraRefusal = change -> false;
    private Predicate<IpSet> refusedCreation = set -> false;
    private @Nullable NetlinkException broken;
    private long lists;
    private long creations;

    /** @param referenced whether a rule refers to the set of that name */
    public FakeIpSets(Predicate<String> referenced) {
        this.referenced = referenced;
    }

    /** Makes the additions that {@code refused} accepts fail with {@link #HASH_FULL}. */
    public void refuse(Predicate<SetChange> refused) {
        extraRefusal = refused;
    }

    /** Makes {@link #createAll} refuse the sets that {@code refused} accepts. */
    public void refuseToCreate(Predicate<IpSet> refused) {
        refusedCreation = refused;
    }

    /** The number of sets that {@link #createAll} was to create since the last {@link #resetCounters}. */
    public long creations() {
        return creations;
    }

    /** Makes every call fail, as a broken socket does; null repairs it. */
    public void breakWith(@Nullable NetlinkException error) {
        broken = error;
    }

    private void checkSocket() throws NetlinkException {
        if (broken != null) {
            throw broken;
        }
    }

    /** The elements of the set of that name, in text order; none when it does not exist. */
    public Set<String> elements(String name) {
        Set<String> texts = new TreeSet<>();
        members.getOrDefault(name, Map.of()).keySet().forEach(e -> texts.add(e.toString()));
        return texts;
    }

    /** The shape of the set of that name; empty when it does not exist. */
    public Optional<IpSet> shape(String name) {
        return Optional.ofNullable(sets.get(name));
    }

    /** Element changes since the last {@link #resetCounters}, in order. */
    public List<SetChange> log() {
        return List.copyOf(log);
    }

    /** The number of element listings since the last {@link #resetCounters}. */
    public long lists() {
        return lists;
    }

    public void resetCounters() {
        log.clear();
        creations = 0;
        lists = 0;
    }

    @Override
    public void create(IpSet set) throws NetlinkException {
        checkSocket();
        if (set.name().isEmpty() || set.name().length() > LONGEST_NAME) {
            throw new NetlinkException("IPSET CREATE " + set.name(), Errno.ERANGE, "");
        }
        IpSet old = sets.get(set.name());
        if (old == null) {
            sets.put(set.name(), set);
            members.put(set.name(), new LinkedHashMap<>());
        } else if (old.type() != set.type() || !sameFamily(old, set)) {
            throw new NetlinkException("IPSET CREATE " + set.name(), Errno.EEXIST, "");
        }
    }

    @Override
    public SetsCreated createAll(Collection<IpSet> wanted) throws NetlinkException {
        checkSocket();
        Map<String, NetlinkException> refused = new LinkedHashMap<>();
        for (IpSet set : wanted) {
            creations++;
            if (sets.containsKey(set.name()) || refusedCreation.test(set)) {
                refused.put(set.name(), new NetlinkException("IPSET CREATE " + set.name(), Errno.EEXIST, ""));
            } else {
                create(set);
            }
        }
        return new SetsCreated(refused, wanted.size(), 100L * wanted.size());
    }

    @Override
    public void swap(String name, String other) throws NetlinkException {
        checkSocket();
        String operation = "IPSET SWAP " + name + " " + other;
        IpSet one = sets.get(name);
        IpSet two = sets.get(other);
        if (one == null || two == null) {
            throw new NetlinkException(operation, Errno.ENOENT, "");
        }
        if (one.type() != two.type() || !sameFamily(one, two)) {
            throw new NetlinkException(operation, TYPE_MISMATCH, "");
        }
        sets.put(name, named(name, two));
        sets.put(other, named(other, one));
        Map<SetEntry, Integer> content = members.getOrDefault(name, Map.of());
        members.put(name, members.getOrDefault(other, Map.of()));
        members.put(other, content);
    }

    private static IpSet named(String name, IpSet set) {
        return new IpSet(name, set.type(), set.family(), set.maxElements(), set.buckets(), set.expiring());
    }

    private static boolean sameFamily(IpSet a, IpSet b) {
        return a.type() == IpSet.Type.BITMAP_PORT || a.family() == b.family();
    }

    @Override
    public Set<String> names() {
        return new LinkedHashSet<>(sets.keySet());
    }

    @Override
    public Map<String, SetHeader> headers() throws NetlinkException {
        checkSocket();
        Map<String, SetHeader> headers = new LinkedHashMap<>();
        sets.forEach((name, set) -> headers.put(
                name,
                new SetHeader(
                        Optional.of(set), members.getOrDefault(name, Map.of()).size())));
        return headers;
    }

    @Override
    public Map<SetEntry, Integer> listTimes(IpSet set) throws NetlinkException {
        checkSocket();
        lists++;
        Map<SetEntry, Integer> entries = members.get(set.name());
        if (entries == null) {
            throw new NetlinkException("IPSET LIST " + set.name(), Errno.ENOENT, "");
        }
        return new LinkedHashMap<>(entries);
    }

    @Override
    public SetResult apply(List<SetChange> changes) throws NetlinkException {
        checkSocket();
        List<Failure> failures = new ArrayList<>();
        long bytes = 0;
        for (SetChange change : changes) {
            log.add(change);
            bytes += size(change);
            int errno = carryOut(change);
            if (errno != 0) {
                failures.add(new Failure(change, new NetlinkException("IPSET " + change, errno, "")));
            }
        }
        return new SetResult(failures, changes.size(), bytes);
    }

    private int carryOut(SetChange change) {
        IpSet set = sets.get(change.set().name());
        Map<SetEntry, Integer> entries = members.get(change.set().name());
        if (set == null || entries == null) {
            return Errno.ENOENT;
        }
        int errno = check(set, change.entry());
        if (errno != 0) {
            return errno;
        }
        if (change.seconds() > 0 && !set.expiring()) {
            return WITHOUT_TIMEOUTS;
        }
        if (!change.add()) {
            entries.remove(change.entry());
            return 0;
        }
        boolean full = set.type() != IpSet.Type.BITMAP_PORT
                && entries.size() >= set.maxElements()
                && !entries.containsKey(change.entry());
        if (full || extraRefusal.test(change)) {
            return HASH_FULL;
        }
        entries.put(change.entry(), change.seconds());
        return 0;
    }

    private static int check(IpSet set, SetEntry entry) {
        IpSet.Type type = switch (entry) {
            case SetEntry.Ip e -> IpSet.Type.HASH_IP;
            case SetEntry.IpPort e -> IpSet.Type.HASH_IP_PORT;
            case SetEntry.IpPortIp e -> IpSet.Type.HASH_IP_PORT_IP;
            case SetEntry.IpPortNet e -> IpSet.Type.HASH_IP_PORT_NET;
            case SetEntry.Port e -> IpSet.Type.BITMAP_PORT;
        };
        IpFamily family = family(entry);
        if (type != set.type() || (family != null && family != set.family())) {
            return Errno.EINVAL;
        }
        return entry instanceof SetEntry.IpPortNet e && e.net().length() == 0 ? INVALID_CIDR : 0;
    }

    private static @Nullable IpFamily family(SetEntry entry) {
        return switch (entry) {
            case SetEntry.Ip e -> e.address().family();
            case SetEntry.IpPort e -> e.address().family();
            case SetEntry.IpPortIp e -> e.address().family();
            case SetEntry.IpPortNet e -> e.address().family();
            case SetEntry.Port e -> null;
        };
    }

    /** The approximate message size: headers, the set's name and the element's attributes. */
    private static long size(SetChange change) {
        return 20
                + 8
                + 4
                + (change.set().name().length() + 4) / 4 * 4
                + 4
                + (long) change.entry().toString().length();
    }

    @Override
    public void destroy(String name) throws NetlinkException {
        checkSocket();
        if (!sets.containsKey(name)) {
            throw new NetlinkException("IPSET DESTROY " + name, Errno.ENOENT, "");
        }
        if (referenced.test(name)) {
            throw new NetlinkException("IPSET DESTROY " + name, Errno.EBUSY, "");
        }
        sets.remove(name);
        members.remove(name);
    }

    @Override
    public void close() {}
}
