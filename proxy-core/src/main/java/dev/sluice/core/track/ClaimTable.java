package dev.sluice.core.track;

import dev.sluice.core.model.ServiceName;
import dev.sluice.core.model.ServicePort;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.track.ParsedService.DeclaredPort;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Who holds which node port and which address and port, in one family, when more than one service port asks for it.
 *
 * <p>A cluster address goes before external and load balancer addresses, because the API server hands it out and any user can
 * write the others into a Service. Otherwise the older Service holds it, then the one whose name comes first, then the port
 * listed first. The table does not depend on the order of arrival.
 *
 * <p>A service port that does not hold its cluster address is left out altogether, and asks for nothing else meanwhile.
 */
final class ClaimTable {
    private final Map<Claim, Claimant> holders = new HashMap<>();
    private final Map<Claim, TreeSet<Claimant>> waiting = new HashMap<>();

    /** Something that only one service port can have. */
    sealed interface Claim {}

    record NodePortClaim(int port, Protocol protocol) implements Claim {
        @Override
        public String toString() {
            return "node port " + port + "/" + protocol;
        }
    }

    record AddressClaim(IpAddress address, int port, Protocol protocol) implements Claim {
        @Override
        public String toString() {
            return "address " + address.withPort(port) + "/" + protocol;
        }
    }

    /** One service port that asks. */
    record Claimant(DeclaredPort declared, long created) {
        ServicePort port() {
            return declared.port();
        }

        ServiceName service() {
            return port().name().service();
        }

        boolean is(Claimant other) {
            return port().name().equals(other.port().name());
        }
    }

    /** Who holds {@code claim}, or null. */
    @Nullable
    Claimant holder(Claim claim) {
        return holders.get(claim);
    }

    /** Lets a service port ask for everything it wants. */
    void enter(Claimant claimant, Consumer<ServiceName> affected) {
        Claim cluster = clusterClaim(claimant.port());
        Claimant before = holders.get(cluster);
        ask(cluster, claimant);
        if (isHeldBy(cluster, claimant)) {
            if (before != null) {
                if (clusterClaim(before.port()).equals(cluster)) {
                    otherClaims(before.port()).forEach(claim -> release(claim, before, affected));
                }
                waitingFor(cluster, affected);
            }
            otherClaims(claimant.port()).forEach(claim -> askOther(claim, claimant, affected));
        }
    }

    /** Takes everything back that a service port asked for. */
    void leave(Claimant claimant, Consumer<ServiceName> affected) {
        Claim cluster = clusterClaim(claimant.port());
        boolean held = isHeldBy(cluster, claimant);
        if (held) {
            otherClaims(claimant.port()).forEach(claim -> release(claim, claimant, affected));
        }
        release(cluster, claimant, affected);
        Claimant next = holders.get(cluster);
        if (held && next != null && clusterClaim(next.port()).equals(cluster)) {
            otherClaims(next.port()).forEach(claim -> askOther(claim, next, affected));
        }
    }

    private boolean isHeldBy(Claim claim, Claimant claimant) {
        Claimant holder = holders.get(claim);
        return holder != null && holder.is(claimant);
    }

    private void askOther(Claim claim, Claimant claimant, Consumer<ServiceName> affected) {
        Claimant before = holders.get(claim);
        ask(claim, claimant);
        if (before != null && !isHeldBy(claim, before)) {
            waitingFor(claim, affected);
        }
    }

    /** Those who wait have lost to somebody else now, and say so in their problems. */
    private void waitingFor(Claim claim, Consumer<ServiceName> affected) {
        TreeSet<Claimant> queue = waiting.get(claim);
        if (queue != null) {
            queue.forEach(claimant -> affected.accept(claimant.service()));
        }
    }

    private void ask(Claim claim, Claimant claimant) {
        Claimant holder = holders.get(claim);
        if (holder == null) {
            holders.put(claim, claimant);
            return;
        }
        TreeSet<Claimant> queue = waiting.computeIfAbsent(claim, c -> new TreeSet<>(order(c)));
        boolean first = order(claim).compare(claimant, holder) < 0;
        queue.add(first ? holder : claimant);
        if (first) {
            holders.put(claim, claimant);
        }
    }

    private void release(Claim claim, Claimant claimant, Consumer<ServiceName> affected) {
        TreeSet<Claimant> queue = waiting.get(claim);
        if (!isHeldBy(claim, claimant)) {
            if (queue != null) {
                queue.remove(claimant);
            }
        } else if (queue == null) {
            holders.remove(claim);
        } else {
            Claimant next = queue.removeFirst();
            holders.put(claim, next);
            affected.accept(next.service());
            waitingFor(claim, affected);
        }
        if (queue != null && queue.isEmpty()) {
            waiting.remove(claim);
        }
    }

    private static Comparator<Claimant> order(Claim claim) {
        return Comparator.comparing((Claimant c) -> !clusterClaim(c.port()).equals(claim))
                .thenComparingLong(Claimant::created)
                .thenComparing(Claimant::service)
                .thenComparingInt(c -> c.declared().index())
                .thenComparing(c -> c.port().name());
    }

    static Claim clusterClaim(ServicePort port) {
        return new AddressClaim(port.clusterIp(), port.port(), port.protocol());
    }

    private static List<Claim> otherClaims(ServicePort port) {
        List<Claim> claims = new ArrayList<>(2);
        if (port.nodePort() != 0) {
            claims.add(new NodePortClaim(port.nodePort(), port.protocol()));
        }
        for (List<IpAddress> addresses : List.of(port.externalIps(), port.loadBalancerVips())) {
            for (IpAddress address : addresses) {
                Claim claim = new AddressClaim(address, port.port(), port.protocol());
                if (!address.equals(port.clusterIp()) && !claims.contains(claim)) {
                    claims.add(claim);
                }
            }
        }
        return claims;
    }

    /** The number of claims held, and of those waiting; both are 0 again when all service ports have left. */
    int size() {
        return holders.size() + waiting.values().stream().mapToInt(Set::size).sum();
    }
}
