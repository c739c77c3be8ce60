package dev.sluice.ipvs.sync;

import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.SocketAddress;
import dev.sluice.core.sync.KernelCost;
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
 * Destinations that take no new connections and wait for their last ones to end, or for their time to be over. They are
 * looked at when a sync comes by and a pause has passed; each look costs one listing per virtual server that has such
 * destinations, one of all where they are many, and nothing when none has.
 */
public final class DrainSweep {
    public static final Duration PAUSE = Duration.ofSeconds(10);
    private static final Logger LOG = LoggerFactory.getLogger(DrainSweep.class);

    private static final int ASKED_ONE_BY_ONE = 64;

    private final IpFamily family;
    private final Ipvs ipvs;
    private final LongSupplier nanoTime;
    private long lastLook;

    DrainSweep(IpFamily family, Ipvs ipvs, LongSupplier nanoTime) {
        this.family = family;
        this.ipvs = ipvs;
        this.nanoTime = nanoTime;
        lastLook = nanoTime.getAsLong();
    }

    /** The second that is written to a destination that begins to drain; never 0, which stands for none. */
    long nowSeconds() {
        return Math.max(1, TimeUnit.NANOSECONDS.toSeconds(nanoTime.getAsLong()));
    }

    /** How long until a look is due; empty when nothing drains. */
    Optional<Duration> nextLook(AppliedObjects state) {
        if (state.draining().isEmpty()) {
            return Optional.empty();
        }
        Duration left = PAUSE.minusNanos(nanoTime.getAsLong() - lastLook);
        return Optional.of(left.isNegative() ? Duration.ZERO : left);
    }

    /** Starts a new pause: whatever begins to drain now is given that long before it is looked at. */
    void pause() {
        lastLook = nanoTime.getAsLong();
    }

    /** Deletes the destinations that have become idle or too old, if a look is due. */
    KernelCost look(AppliedObjects state, DesiredObjects desired) throws NetlinkException {
        if (nextLook(state).filter(Duration::isZero).isEmpty()) {
            return KernelCost.NONE;
        }
        pause();
        List<IpvsCommand> over = new ArrayList<>();
        boolean many = state.draining().size() > ASKED_ONE_BY_ONE;
        RealServerTable table = many ? RealServerTable.read(ipvs, family) : null;
        for (VirtualServerKey key : state.draining()) {
            AppliedObjects.Server server = state.server(key);
            DesiredServer wanted = desired.server(key);
            if (server != null && wanted != null) {
                Set<RealServer> stay = new HashSet<>(wanted.destinations());
                List<RealServerState> listed = table == null ? ipvs.realServers(key) : table.of(key);
                over.addAll(over(
                        server,
                        listed == null ? List.of() : listed,
                        wanted.departure().limit(),
                        stay));
            }
        }
        if (over.isEmpty()) {
            return KernelCost.NONE;
        }
        Ipvs.BatchResult result = ipvs.apply(over);
        Set<IpvsCommand> failed = new HashSet<>();
        result.failures().stream().filter(f -> !f.error().notFound()).forEach(f -> failed.add(f.command()));
        over.stream().filter(command -> !failed.contains(command)).forEach(state::carriedOut);
        return new KernelCost(result.messages(), result.bytes());
    }

    /** The destinations of weight 0 that have no connection, or have had theirs for too long. */
    private List<IpvsCommand> over(
            AppliedObjects.Server server, List<RealServerState> listed, Duration limit, Set<RealServer> stay) {
        VirtualServerKey key = server.settings().key();
        Map<SocketAddress, Long> connections = new HashMap<>();
        for (RealServerState destination : listed) {
            connections.put(
                    destination.server().socketAddress(),
                    destination.activeConnections() + destination.inactiveConnections());
        }
        List<IpvsCommand> over = new ArrayList<>();
        for (RealServer destination : server.destinations()) {
            if (destination.weight() != 0 || stay.contains(destination)) {
                continue;
            }
            long left = connections.getOrDefault(destination.socketAddress(), 0L);
            if (left == 0) {
                over.add(new DeleteRealServer(key, destination));
            } else if (isTooOld(destination, limit)) {
                LOG.info(
                        "{} has {} connections to {} left after {}; they end",
                        key,
                        left,
                        destination.socketAddress(),
                        limit);
                over.add(new DeleteRealServer(key, destination));
            }
        }
        return over;
    }

    private boolean isTooOld(RealServer destination, Duration limit) {
        long since = destination.upperThreshold();
        return since != 0 && nowSeconds() - since >= limit.toSeconds();
    }
}
