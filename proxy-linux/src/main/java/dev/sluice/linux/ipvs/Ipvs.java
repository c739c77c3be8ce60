package dev.sluice.linux.ipvs;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.NetlinkException;
import java.util.List;
import java.util.Map;

/** The IPVS tables of the network namespace in which this was opened. Implemented over netlink, and by a fake. */
public interface Ipvs extends AutoCloseable {

    /** All virtual servers of both families. Not atomic: an entry that changes meanwhile may be missing or doubled. */
    List<VirtualServerState> services() throws NetlinkException;

    /** The destinations of one service; none when the service does not exist. */
    List<RealServerState> destinations(ServiceKey service) throws NetlinkException;

    /**
     * The destinations of the virtual servers of {@code family} at one go, though some servers may be left out where
     * other network namespaces have virtual servers too. Their upper thresholds, persistent connections and counters
     * are 0, because the kernel's table does not tell them.
     */
    Map<ServiceKey, List<RealServerState>> destinations(IpFamily family) throws NetlinkException;

    /**
     * Carries out {@code commands} in order, in as few sends as possible. The kernel goes on after a refusal.
     *
     * @return the refusals and the cost; empty failures when all were accepted
     * @throws NetlinkException when the socket itself fails; how many commands were carried out is unknown then
     */
    BatchResult apply(List<IpvsCommand> commands) throws NetlinkException;

    IpvsTimeouts timeouts() throws NetlinkException;

    void setTimeouts(IpvsTimeouts timeouts) throws NetlinkException;

    IpvsInfo info() throws NetlinkException;

    @Override
    void close();

    /** One refused command. */
    record Failure(IpvsCommand command, NetlinkException error) {}

    /** What came of a batch; {@code bytes} counts the netlink requests. */
    record BatchResult(List<Failure> failures, long messages, long bytes) {
        public BatchResult {
            failures = List.copyOf(failures);
        }
    }
}
