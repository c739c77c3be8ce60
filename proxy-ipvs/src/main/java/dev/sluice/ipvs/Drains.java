package dev.sluice.ipvs;

import dev.sluice.core.sync.KernelCost;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.ipvs.Ipvs;
import dev.sluice.linux.ipvs.IpvsCommand;
import dev.sluice.linux.ipvs.IpvsCommand.DeleteDestination;
import dev.sluice.linux.ipvs.RealServer;
import dev.sluice.linux.ipvs.RealServerState;
import dev.sluice.linux.ipvs.ServiceKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * Destinations that take no new connections and wait for their last ones to end. They are looked at when a sync comes by
 * and a pause has passed; each look costs one listing per virtual server that has such destinations, and nothing when
 * none has.
 */
final class Drains {
    static final Duration PAUSE = Duration.ofSeconds(10);

    private final Ipvs ipvs;
    private final LongSupplier nanoTime;
    private long lastLook;

    Drains(Ipvs ipvs, LongSupplier nanoTime) {
        this.ipvs = ipvs;
        this.nanoTime = nanoTime;
        lastLook = nanoTime.getAsLong();
    }

    /** How long until a look is due; empty when nothing drains. */
    Optional<Duration> nextLook(InForce state) {
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

    /** Deletes the destinations that have become idle, if a look is due. */
    KernelCost look(InForce state) throws NetlinkException {
        if (nextLook(state).filter(Duration::isZero).isEmpty()) {
            return KernelCost.NONE;
        }
        pause();
        List<IpvsCommand> idle = new ArrayList<>();
        for (ServiceKey key : state.draining()) {
            idleAmong(key, state, idle);
        }
        if (idle.isEmpty()) {
            return KernelCost.NONE;
        }
        Ipvs.BatchResult result = ipvs.apply(idle);
        Set<IpvsCommand> failed = new HashSet<>();
        result.failures().stream().filter(f -> !f.error().notFound()).forEach(f -> failed.add(f.command()));
        idle.stream().filter(command -> !failed.contains(command)).forEach(state::carriedOut);
        return new KernelCost(result.messages(), result.bytes());
    }

    private void idleAmong(ServiceKey key, InForce state, List<IpvsCommand> idle) throws NetlinkException {
        InForce.Server server = state.server(key);
        if (server == null) {
            return;
        }
        Set<RealServer> busy = new HashSet<>();
        for (RealServerState destination : ipvs.destinations(key)) {
            if (destination.activeConnections() + destination.inactiveConnections() > 0) {
                busy.add(destination.server());
            }
        }
        for (RealServer destination : server.destinations()) {
            if (destination.weight() == 0 && !busy.contains(destination)) {
                idle.add(new DeleteDestination(key, destination));
            }
        }
    }
}
