// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.ipset;

import dev.sluice.linux.NetlinkException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The IP sets of one network namespace. Implemented over nfnetlink, and by a fake. */
public interface IpSets extends AutoCloseable {

    /** Creates the set unless it exists; EEXIST when a set of that name has another type or family. */
    void create(IpSet set) throws NetlinkException;

    /** Creates {@code sets}, in as few sends as possible; one that exists is refused, whatever its type. */
    SetsCreated createAll(Collection<IpSet> sets) throws NetlinkException;

    /** Exchanges the content of two sets of the same type; rules that refer to one find the content of the other. */
    void swap(String name, String other) throws NetlinkException;

    /** The names of all sets. */
    Set<String> names() throws NetlinkException;

    /** What each set is, by name, without reading the elements. */
    Map<String, SetHeader> headers() throws NetlinkException;

    /** The number of elements of each set, by name, without reading the elements. */
    default Map<String, Long> sizes() throws NetlinkException {
        Map<String, Long> sizes = new HashMap<>();
        headers().forEach((name, header) -> sizes.put(name, header.elements()));
        return sizes;
    }

    /** The elements of a set; ENOENT when there is no such set. */
    default Set<SetEntry> list(IpSet set) throws NetlinkException {
        return listTimes(set).keySet();
    }

    /**
     * The elements of a set, each with the seconds that are left to it, 0 for those without a time-out; ENOENT when
     * there is no such set.
     */
    Map<SetEntry, Integer> listTimes(IpSet set) throws NetlinkException;

    /**
     * Carries out {@code changes} in order, in as few sends as possible. Adding an element that exists and deleting
     * one that does not are no errors.
     */
    SetResult apply(List<SetChange> changes) throws NetlinkException;

    /** Destroys a set: EBUSY while a rule refers to it, ENOENT when it does not exist. */
    void destroy(String name) throws NetlinkException;

    @Override
    void close();

    /**
     * What the kernel says of a set.
     *
     * @param shape its name and the properties that it was created with; empty when the modes use no such type
     */
    record SetHeader(Optional<IpSet> shape, long elements) {}

    /**
     * The result of {@link #createAll}.
     *
     * @param refused by name
     */
    record SetsCreated(Map<String, NetlinkException> refused, long messages, long bytes) {
        public SetsCreated {
            refused = Map.copyOf(refused);
        }
    }

    /**
     * An element to add or to delete.
     *
     * @param seconds until an added element of an expiring set expires, 0 for never. Added again, it expires anew
     */
    record SetChange(IpSet set, SetEntry entry, boolean add, int seconds) {
        /** A change of an element without a time-out. */
        public SetChange(IpSet set, SetEntry entry, boolean add) {
            this(set, entry, add, 0);
        }

        @Override
        public String toString() {
            return (add ? "add " : "del ") + set.name() + " " + entry + (seconds > 0 ? " timeout " + seconds : "");
        }
    }

    /** One refused change. */
    record Failure(SetChange change, NetlinkException error) {}

    /** The result of a batch. */
    record SetResult(List<Failure> failures, long messages, long bytes) {
        public SetResult {
            failures = List.copyOf(failures);
        }
    }
}
