// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.ipset;

import dev.sluice.linux.NetlinkException;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The IP sets of one network namespace. Implemented over nfnetlink, and by a fake. */
public interface IpSets extends AutoCloseable {

    /** Creates the set unless it exists; EEXIST when a set of that name has another type or family. */
    void create(IpSet set) throws NetlinkException;

    /** The names of all sets. */
    Set<String> names() throws NetlinkException;

    /** The number of elements of each set, by name, without reading the elements. */
    Map<String, Long> sizes() throws NetlinkException;

    /** The elements of a set; ENOENT when there is no such set. */
    Set<SetEntry> list(IpSet set) throws NetlinkException;

    /**
     * Carries out {@code changes} in order, in as few sends as possible. Adding an element that exists and deleting
     * one that does not are no errors.
     */
    SetResult apply(List<SetChange> changes) throws NetlinkException;

    /** Destroys a set: EBUSY while a rule refers to it, ENOENT when it does not exist. */
    void destroy(String name) throws NetlinkException;

    @Override
    void close();

    /** An element to add or to delete. */
    record SetChange(IpSet set, SetEntry entry, boolean add) {
        @Override
        public String toString() {
            return (add ? "add " : "del ") + set.name() + " " + entry;
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
