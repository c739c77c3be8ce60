// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.ipvs;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.NetlinkException;
import java.util.List;
import java.util.Map;

/** The IPVS tables of one network namespace. Implemented over generic netlink, and by a fake. */
public interface Ipvs extends AutoCloseable {

    /** All virtual servers of both families. Not atomic: one that changes meanwhile may be missing or doubled. */
    List<VirtualServerState> virtualServers() throws NetlinkException;

    /** The real servers of one virtual server; none when that does not exist. */
    List<RealServerState> realServers(VirtualServerKey virtualServer) throws NetlinkException;

    /**
     * The real servers of all virtual servers of {@code family} in one read, without their upper thresholds, persistent
     * connections and counters, which are 0. Some virtual servers may be missing when other network namespaces have
     * virtual servers too.
     */
    Map<VirtualServerKey, List<RealServerState>> realServers(IpFamily family) throws NetlinkException;

    /**
     * Carries out {@code commands} in order, in as few sends as possible. The kernel continues after a refusal.
     *
     * @throws NetlinkException when the socket fails; it is unknown then how many commands were carried out
     */
    BatchResult apply(List<IpvsCommand> commands) throws NetlinkException;

    IpvsTimeouts timeouts() throws NetlinkException;

    void setTimeouts(IpvsTimeouts timeouts) throws NetlinkException;

    IpvsInfo info() throws NetlinkException;

    @Override
    void close();

    /** One refused command. */
    record Failure(IpvsCommand command, NetlinkException error) {}

    /**
     * The result of a batch.
     *
     * @param failures none when all commands were accepted
     * @param bytes of the netlink requests
     */
    record BatchResult(List<Failure> failures, long messages, long bytes) {
        public BatchResult {
            failures = List.copyOf(failures);
        }
    }
}
