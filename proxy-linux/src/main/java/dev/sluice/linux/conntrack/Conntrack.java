package dev.sluice.linux.conntrack;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.linux.NetlinkException;
import java.util.List;

/** The connection tracking table of the network namespace in which this was opened. */
public interface Conntrack extends AutoCloseable {

    /** The entries of one family and protocol; a dump that the kernel interrupted is repeated up to 5 times. */
    List<Flow> list(IpFamily family, Protocol protocol) throws NetlinkException;

    /** Deletes entries; one that is gone already is no error. Answers how many were deleted. */
    int delete(List<Flow> flows) throws NetlinkException;

    @Override
    void close();

    /** One direction of a flow. */
    record Tuple(IpAddress source, int sourcePort, IpAddress destination, int destinationPort) {}

    /**
     * An entry: the original direction, and the reply as the kernel expects it (which shows what NAT did).
     *
     * @param zone the zone in which the tuples are unique, 0 unless a rule assigned one
     */
    record Flow(IpFamily family, Protocol protocol, Tuple original, Tuple reply, int mark, int zone) {}
}
