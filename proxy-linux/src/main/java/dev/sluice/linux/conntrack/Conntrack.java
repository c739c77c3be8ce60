// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.conntrack;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.conntrack.ConntrackEntry.Tuple;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The connection tracking table of one network namespace. Implemented over ctnetlink, and by a fake. */
public interface Conntrack extends AutoCloseable {

    /**
     * The entries of one family and protocol. A dump during which the table changed, or of which parts were lost for
     * lack of buffer space, is repeated up to 5 times. The kernel walks its whole table.
     */
    default List<ConntrackEntry> list(IpFamily family, Protocol protocol) throws NetlinkException {
        return list(family, protocol, Filter.ANYTHING);
    }

    /**
     * As {@link #list(IpFamily, Protocol)}, but only entries to one destination; since 5.8 the kernel leaves the others
     * out.
     */
    List<ConntrackEntry> list(IpFamily family, Protocol protocol, Filter filter) throws NetlinkException;

    /**
     * Deletes exactly these entries. One that no longer exists is neither in the result's deleted entries nor in its
     * refusals.
     */
    Deletion delete(List<ConntrackEntry> entries) throws NetlinkException;

    @Override
    void close();

    /**
     * The original destination of the entries that are requested.
     *
     * @param address null for any
     * @param port 0 for any
     */
    record Filter(@Nullable IpAddress address, int port) {
        public static final Filter ANYTHING = new Filter(null, 0);

        /** Whether a connection with that original direction was sent to this destination. */
        public boolean matches(Tuple original) {
            return (address == null || address.equals(original.destination()))
                    && (port == 0 || port == original.destinationPort());
        }
    }

    /**
     * The result of deleting entries.
     *
     * @param refusals the kernel's refusals; the entries that they are about stay
     */
    record Deletion(List<ConntrackEntry> deleted, List<NetlinkException> refusals) {
        public Deletion {
            deleted = List.copyOf(deleted);
            refusals = List.copyOf(refusals);
        }
    }
}
