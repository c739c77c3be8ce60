// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.sync;

import dev.sluice.core.net.SocketAddress;
import dev.sluice.core.sync.KernelCost;
import dev.sluice.ipvs.kernel.IpvsKernel;
import dev.sluice.ipvs.kernel.RealServerTable;
import dev.sluice.ipvs.plan.AppliedObjects;
import dev.sluice.ipvs.plan.DesiredObjects;
import dev.sluice.ipvs.plan.DesiredServer;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.ipvs.Ipvs;
import dev.sluice.linux.ipvs.IpvsCommand;
import dev.sluice.linux.ipvs.IpvsCommand.DeleteRealServer;
import dev.sluice.linux.ipvs.RealServer;
import dev.sluice.linux.ipvs.RealServerState;
import dev.sluice.linux.ipvs.VirtualServerKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes real servers that drain once they have no connection left, or at the end of their drain time-out. A sweep is
 * done by the first sync after a pause; it costs one listing per virtual server that has such real servers, one of all
 * where they are many, and nothing when none has.
 */
public final class DrainSweep {
    public static final Duration PAUSE = Duration.ofSeconds(10);
    private static final Logger LOG = LoggerFactory.getLogger(DrainSweep.class);

    private static final int LISTED_ONE_BY_ONE = 64;

    private final IpvsKernel kernel;
    private final LongSupplier nanoTime;
    private long lastSweep;

    DrainSweep(IpvsKernel kernel, LongSupplier nanoTime) {
        this.kernel = kernel;
        this.nanoTime = nanoTime;
        lastSweep = nanoTime.getAsLong();
    }

    /** The second that is written to a real server that begins to drain; never 0, which stands for none. */
    long nowSeconds() {
        return Math.max(1, TimeUnit.NANOSECONDS.toSeconds(nanoTime.getAsLong()));
    }

    /** How long until a sweep is due; empty when nothing drains. */
    Optional<Duration> nextSweep(AppliedObjects applied) {
        if (!applied.isDraining()) {
            return Optional.empty();
        }
        Duration left = PAUSE.minusNanos(nanoTime.getAsLong() - lastSweep);
        return Optional.of(left.isNegative() ? Duration.ZERO : left);
    }

    /** Starts a new pause, in which what begins to drain now is left alone. */
    void pause() {
        lastSweep = nanoTime.getAsLong();
    }

    /** Sweeps, if it is due. */
    KernelCost sweep(AppliedObjects applied, DesiredObjects desired) throws NetlinkException {
        if (nextSweep(applied).filter(Duration::isZero).isEmpty()) {
            return KernelCost.NONE;
        }
        pause();
        List<IpvsCommand> deletions = new ArrayList<>();
        boolean many = applied.draining().size() > LISTED_ONE_BY_ONE;
        RealServerTable table = many ? RealServerTable.read(kernel.ipvs(), kernel.family()) : null;
        for (VirtualServerKey key : applied.draining()) {
            AppliedObjects.Server server = applied.server(key);
            DesiredServer wanted = desired.server(key);
            if (server != null && wanted != null) {
                List<RealServerState> listed = table == null ? kernel.ipvs().realServers(key) : table.of(key);
                deletions.addAll(drained(server, listed == null ? List.of() : listed, wanted));
            }
        }
        return deletions.isEmpty() ? KernelCost.NONE : delete(deletions, applied);
    }

    private KernelCost delete(List<IpvsCommand> deletions, AppliedObjects applied) throws NetlinkException {
        Ipvs.BatchResult result = kernel.ipvs().apply(deletions);
        Set<IpvsCommand> failed = new HashSet<>();
        result.failures().stream().filter(f -> !f.error().notFound()).forEach(f -> failed.add(f.command()));
        deletions.stream().filter(command -> !failed.contains(command)).forEach(applied::accepted);
        return new KernelCost(result.messages(), result.bytes());
    }

    /** Deletes the stale real servers that have no connection, or have had theirs for too long. */
    private List<IpvsCommand> drained(
            AppliedObjects.Server server, List<RealServerState> listed, DesiredServer desired) {
        VirtualServerKey key = server.settings().key();
        Duration limit = desired.drainPolicy().limit();
        Set<RealServer> stay = new HashSet<>(desired.realServers());
        Map<SocketAddress, Long> connections = new HashMap<>();
        for (RealServerState each : listed) {
            connections.put(each.server().socketAddress(), each.activeConnections() + each.inactiveConnections());
        }
        List<IpvsCommand> deletions = new ArrayList<>();
        for (RealServer each : server.realServers()) {
            if (each.weight() != 0 || stay.contains(each)) {
                continue;
            }
            long left = connections.getOrDefault(each.socketAddress(), 0L);
            if (left == 0) {
                deletions.add(new DeleteRealServer(key, each));
            } else if (isTooOld(each, limit)) {
                LOG.atInfo()
                        .addKeyValue("portal", key)
                        .addKeyValue("endpoint", each.socketAddress())
                        .addKeyValue("connections", left)
                        .addKeyValue("after", limit)
                        .log("the connections left to a removed endpoint end");
                deletions.add(new DeleteRealServer(key, each));
            }
        }
        return deletions;
    }

    private boolean isTooOld(RealServer draining, Duration limit) {
        long since = draining.upperThreshold();
        return since != 0 && nowSeconds() - since >= limit.toSeconds();
    }
}
