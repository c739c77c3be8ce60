package dev.sluice.linux.ipset;

import dev.sluice.linux.NetlinkException;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The IP sets of the network namespace in which this was opened. Implemented over nfnetlink, and by a fake. */
public interface IpSets extends AutoCloseable {

    /** Creates the set unless one of that name, type and family exists; one of another shape is EEXIST. */
    void create(IpSet set) throws NetlinkException;

    /** The names of all sets. */
    Set<String> names() throws NetlinkException;

    /** The number of elements of each set, by name; no element is read. */
    Map<String, Long> sizes() throws NetlinkException;

    /** The elements of a set; ENOENT when there is no such set. */
    Set<SetEntry> list(IpSet set) throws NetlinkException;

    /**
     * Carries out {@code changes} in order, in as few sends as possible. Adding what is there and deleting what is not are
     * no errors.
     */
    SetResult apply(List<SetChange> changes) throws NetlinkException;

    /** EBUSY while a rule refers to it, ENOENT when it does not exist. */
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

    /** What came of a batch. */
    record SetResult(List<Failure> failures, long messages, long bytes) {
        public SetResult {
            failures = List.copyOf(failures);
        }
    }
}
