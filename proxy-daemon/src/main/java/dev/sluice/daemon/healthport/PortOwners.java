// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.healthport;

import dev.sluice.core.model.LocalReadiness;
import dev.sluice.core.model.ServiceName;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.ReadinessUpdate;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The owner of each health check node port, and what the port answers. Of two Services with the same port the first
 * keeps it.
 */
final class PortOwners {
    private final Map<IpFamily, Map<ServiceName, LocalReadiness>> wanted = new EnumMap<>(IpFamily.class);
    private final Map<Integer, TreeSet<ServiceName>> claims = new HashMap<>();
    private final Map<Integer, ServiceName> owners = new HashMap<>();

    /** A Service whose port belongs to another Service. */
    record Loser(ServiceName service, int port, ServiceName owner) {}

    /** Replaces what {@code family} desires. Returns the ports that may have changed. */
    Set<Integer> update(IpFamily family, ReadinessUpdate news) {
        Map<ServiceName, LocalReadiness> known = wanted.computeIfAbsent(family, f -> new HashMap<>());
        Set<Integer> touched = new TreeSet<>();
        if (news.everything()) {
            known.keySet().stream()
                    .filter(service -> !news.services().containsKey(service))
                    .toList()
                    .forEach(service -> set(known, service, null, touched));
        }
        news.services().forEach((service, readiness) -> set(known, service, readiness.orElse(null), touched));
        return touched;
    }

    private void set(
            Map<ServiceName, LocalReadiness> known,
            ServiceName service,
            @Nullable LocalReadiness now,
            Set<Integer> touched) {
        LocalReadiness before = now == null ? known.remove(service) : known.put(service, now);
        if (Objects.equals(before, now)) {
            return;
        }
        if (before != null) {
            touched.add(before.healthCheckNodePort());
            claim(service, before.healthCheckNodePort());
        }
        if (now != null) {
            touched.add(now.healthCheckNodePort());
            claim(service, now.healthCheckNodePort());
        }
    }

    /** Updates whether {@code service} requests {@code port}, in any family, and the owner of the port. */
    private void claim(ServiceName service, int port) {
        TreeSet<ServiceName> claimants = claims.computeIfAbsent(port, p -> new TreeSet<>());
        boolean claimed = wanted.values().stream().anyMatch(services -> {
            LocalReadiness readiness = services.get(service);
            return readiness != null && readiness.healthCheckNodePort() == port;
        });
        if (claimed) {
            claimants.add(service);
            owners.putIfAbsent(port, service);
        } else {
            claimants.remove(service);
            if (claimants.isEmpty()) {
                claims.remove(port);
                owners.remove(port);
            } else if (service.equals(owners.get(port))) {
                owners.put(port, claimants.first());
            }
        }
    }

    Set<Integer> ports() {
        return Set.copyOf(owners.keySet());
    }

    boolean has(int port) {
        return owners.containsKey(port);
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

    /** The owner of {@code port}. */
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

    /** The Services that request {@code port} and do not own it. */
    List<Loser> losers(int port) {
        ServiceName owner = owners.get(port);
        return owner == null
                ? List.of()
                : claims.getOrDefault(port, new TreeSet<>()).stream()
                        .filter(service -> !service.equals(owner))
                        .map(service -> new Loser(service, port, owner))
                        .toList();
    }
}
