package dev.sluice.linux.conntrack;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.linux.NetlinkException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The connection tracking table of the network namespace in which this was opened. */
public interface Conntrack extends AutoCloseable {

    /**
     * The entries of one family and protocol. A dump during which the table changed is repeated, and so is one of which parts
     * were lost for want of buffer space, both up to 5 times. The kernel walks its whole table.
     */
    default List<Flow> list(IpFamily family, Protocol protocol) throws NetlinkException {
        return list(family, protocol, Asked.ANYTHING);
    }

    /** As {@link #list(IpFamily, Protocol)}, only entries to one destination; the kernel leaves the others out, since 5.8. */
    List<Flow> list(IpFamily family, Protocol protocol, Asked asked) throws NetlinkException;

    /** Deletes exactly these entries; one that is gone already is neither deleted nor refused. */
    Deletion delete(List<Flow> flows) throws NetlinkException;

    @Override
    void close();

    /** One direction of a flow. */
    record Tuple(IpAddress source, int sourcePort, IpAddress destination, int destinationPort) {}

    /**
     * What flows of interest were sent to.
     *
     * @param address null for any
     * @param port 0 for any
     */
    record Asked(@Nullable IpAddress address, int port) {
        public static final Asked ANYTHING = new Asked(null, 0);

        /** Whether {@code original} is the direction of a flow that was sent to this. */
        public boolean matches(Tuple original) {
            return (address == null || address.equals(original.destination()))
                    && (port == 0 || port == original.destinationPort());
        }
    }

    /**
     * What came of deleting.
     *
     * @param refusals the kernel's refusals; what they are about stays
     */
    record Deletion(List<Flow> deleted, List<NetlinkException> refusals) {
        public Deletion {
            deleted = List.copyOf(deleted);
            refusals = List.copyOf(refusals);
        }
    }

    /**
     * An entry: the original direction, and the reply as the kernel expects it (which shows what NAT did).
     *
     * @param zone the zone in which the tuples are unique, 0 unless a rule assigned one
     * @param id tells the entry from a later one of the same original direction, unless that one happens to lie in the same
     *     place of memory; 0 when unknown
     */
    record Flow(IpFamily family, Protocol protocol, Tuple original, Tuple reply, int mark, int zone, int id) {}
}
