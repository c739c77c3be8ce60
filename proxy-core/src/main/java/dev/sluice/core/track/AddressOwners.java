// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.track;

import dev.sluice.core.model.AddressOwner;
import dev.sluice.core.model.ServiceName;
import dev.sluice.core.model.ServicePort;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.track.PortalRegistry.Claimant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Who has the addresses that Services claim as external ones, in one family: other nodes, and endpoints of any Service,
 * usable or not. A change costs what its own addresses cost, and names the Services that claim one of them.
 */
final class AddressOwners {
    private final IpFamily family;
    private final Map<IpAddress, Integer> endpoints = new HashMap<>();
    private final Map<IpAddress, Integer> nodes = new HashMap<>();
    private final Map<String, Set<IpAddress>> byNode = new HashMap<>();
    private final Map<IpAddress, Set<ServiceName>> claims = new HashMap<>();

    AddressOwners(IpFamily family) {
        this.family = family;
    }

    /** Replaces the ports that a Service declares. */
    void claim(ServiceName service, List<Claimant> before, List<Claimant> after) {
        external(before)
                .forEach(address -> claims.computeIfPresent(address, (key, services) -> {
                    services.remove(service);
                    return services.isEmpty() ? null : services;
                }));
        external(after)
                .forEach(address ->
                        claims.computeIfAbsent(address, key -> new HashSet<>()).add(service));
    }

    private static Set<IpAddress> external(Collection<Claimant> ports) {
        Set<IpAddress> addresses = new HashSet<>();
        for (Claimant each : ports) {
            addresses.addAll(each.port().externalIps());
            addresses.addAll(each.port().loadBalancerVips());
        }
        return addresses;
    }

    void add(Slice slice, Consumer<ServiceName> affected) {
        slice.addresses().forEach(each -> count(endpoints, each.address(), 1, affected));
    }

    void remove(Slice slice, Consumer<ServiceName> affected) {
        slice.addresses().forEach(each -> count(endpoints, each.address(), -1, affected));
    }

    /** Replaces the addresses of another node; those of the other family are ignored. */
    void node(String name, Collection<IpAddress> addresses, Consumer<ServiceName> affected) {
        Set<IpAddress> now = new HashSet<>(addresses);
        now.removeIf(address -> address.family() != family);
        Set<IpAddress> before = now.isEmpty() ? byNode.remove(name) : byNode.put(name, now);
        now.forEach(address -> count(nodes, address, 1, affected));
        if (before != null) {
            before.forEach(address -> count(nodes, address, -1, affected));
        }
    }

    private void count(Map<IpAddress, Integer> counts, IpAddress address, int more, Consumer<ServiceName> affected) {
        Integer before = counts.get(address);
        Integer now = sum(before, more);
        if (now == null) {
            counts.remove(address);
        } else {
            counts.put(address, now);
        }
        if (before == null || now == null) {
            claims.getOrDefault(address, Set.of()).forEach(affected);
        }
    }

    private static @Nullable Integer sum(@Nullable Integer count, int more) {
        int sum = (count == null ? 0 : count) + more;
        return sum == 0 ? null : sum;
    }

    /** The owners of the external and load balancer addresses of {@code port} that have one. */
    Map<IpAddress, AddressOwner> of(ServicePort port) {
        Map<IpAddress, AddressOwner> owners = new HashMap<>();
        port.externalIps().forEach(address -> look(address, owners));
        port.loadBalancerVips().forEach(address -> look(address, owners));
        return owners;
    }

    private void look(IpAddress address, Map<IpAddress, AddressOwner> owners) {
        if (nodes.containsKey(address)) {
            owners.put(address, AddressOwner.NODE);
        } else if (endpoints.containsKey(address)) {
            owners.put(address, AddressOwner.ENDPOINT);
        }
    }

    /** The number of addresses and claims held; 0 again when everything is removed. */
    int size() {
        return endpoints.size() + nodes.size() + byNode.size() + claims.size();
    }
}
