package dev.sluice.daemon.health.port;

import dev.sluice.core.model.LocalReadiness;
import dev.sluice.core.model.ServiceName;
import dev.sluice.core.net.IpFamily;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Which health check node port is whose, and what it answers. Of two Services that ask for one port the first keeps it. */
final class PortBook {
    private final Map<IpFamily, Map<ServiceName, LocalReadiness>> wanted = new EnumMap<>(IpFamily.class);
    private Map<Integer, ServiceName> owners = Map.of();
    private List<Loser> losers = List.of();

    /** A Service that cannot have the port it asks for. */
    record Loser(ServiceName service, int port, ServiceName owner) {}

    /** From now on {@code family} wants exactly these. */
    void update(IpFamily family, Map<ServiceName, LocalReadiness> now) {
        wanted.put(family, now);
        Map<Integer, TreeSet<ServiceName>> claims = new HashMap<>();
        wanted.values()
                .forEach(services -> services.forEach((service, readiness) -> claims.computeIfAbsent(
                                readiness.healthCheckNodePort(), port -> new TreeSet<>())
                        .add(service)));
        Map<Integer, ServiceName> next = new HashMap<>();
        claims.forEach((port, services) -> {
            ServiceName before = owners.get(port);
            next.put(port, before != null && services.contains(before) ? before : services.first());
        });
        owners = next;
        losers = claims.entrySet().stream()
                .filter(e -> e.getValue().size() > 1)
                .flatMap(e -> e.getValue().stream()
                        .filter(service -> !service.equals(next.get(e.getKey())))
                        .map(service -> new Loser(service, e.getKey(), owner(e.getKey()))))
                .toList();
    }

    Set<Integer> ports() {
        return Set.copyOf(owners.keySet());
    }

    /** The families in which the owner of {@code port} is served. */
    Set<IpFamily> families(int port) {
        Set<IpFamily> families = EnumSet.noneOf(IpFamily.class);
        for (IpFamily family : IpFamily.values()) {
            if (readiness(port, family) != null) {
                families.add(family);
            }
        }
        return families;
    }

    /** The Service that {@code port} speaks for. */
    ServiceName owner(int port) {
        ServiceName owner = owners.get(port);
        if (owner == null) {
            throw new IllegalArgumentException("no Service has health check node port " + port);
        }
        return owner;
    }

    /** What {@code port} answers in {@code family}, null for nothing. */
    @Nullable
    LocalReadiness readiness(int port, IpFamily family) {
        ServiceName owner = owners.get(port);
        LocalReadiness readiness =
                owner == null ? null : wanted.getOrDefault(family, Map.of()).get(owner);
        return readiness != null && readiness.healthCheckNodePort() == port ? readiness : null;
    }

    List<Loser> losers() {
        return losers;
    }
}
