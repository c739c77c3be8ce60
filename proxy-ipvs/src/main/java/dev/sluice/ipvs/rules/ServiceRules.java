// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.rules;

import dev.sluice.core.net.Protocol;
import dev.sluice.linux.ipvs.VirtualServerKey;
import dev.sluice.linux.rules.Rule;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What the rules say of single Services: few of them, of those whose traffic the sets alone cannot direct.
 *
 * @param unled elements of the set of unbound portals that no rule may direct
 */
public record ServiceRules(List<ShortCircuit> shortCircuits, List<UnboundPortal> unbound, Set<VirtualServerKey> unled) {
    public static final ServiceRules NONE = new ServiceRules(List.of(), List.of(), Set.of());

    public ServiceRules {
        shortCircuits = List.copyOf(shortCircuits);
        unbound = List.copyOf(unbound);
        unled = Set.copyOf(unled);
    }

    /** A port, whatever the address. */
    private record AnyAddress(Protocol protocol, int port) {
        static AnyAddress of(VirtualServerKey portal) {
            return new AnyAddress(portal.protocol(), portal.port());
        }
    }

    /** The addresses and ports that any of them translates. */
    public Set<VirtualServerKey> translated() {
        Set<VirtualServerKey> keys = new HashSet<>();
        shortCircuits.forEach(each -> keys.add(each.from()));
        unbound.forEach(each -> keys.add(each.from()));
        return keys;
    }

    /** The rules of {@link IpvsRules#SHORT_CIRCUIT_TO}. */
    public List<Rule> shortCircuitRules() {
        return shortCircuits.stream().map(ShortCircuit::rule).toList();
    }

    /**
     * The rules of {@link IpvsRules#UNBOUND_TO}. Only elements of the set of unbound portals get there, so where all
     * of a port lead to one virtual server, one rule without an address does: a load balancer that names all nodes
     * takes as many rules as it has ports, whatever the number of nodes.
     */
    public List<Rule> unboundRules() {
        Map<AnyAddress, List<UnboundPortal>> byPort = unbound.stream()
                .collect(Collectors.groupingBy(
                        portal -> AnyAddress.of(portal.from()), LinkedHashMap::new, Collectors.toList()));
        Set<AnyAddress> doubtful = unled.stream().map(AnyAddress::of).collect(Collectors.toSet());
        List<Rule> rules = new ArrayList<>();
        byPort.forEach((port, portals) -> {
            if (portals.size() > 1 && !doubtful.contains(port) && leadToOne(portals)) {
                rules.add(portals.getFirst().ruleOfAnyAddress());
            } else {
                portals.forEach(portal -> rules.add(portal.rule()));
            }
        });
        return rules;
    }

    private static boolean leadToOne(List<UnboundPortal> portals) {
        return portals.stream().map(UnboundPortal::to).distinct().count() == 1;
    }

    /**
     * The same while {@code stale} elements are still in the set of unbound portals. Those that {@code before} led
     * where the others at their port lead may go on so.
     */
    public ServiceRules with(Set<VirtualServerKey> stale, ServiceRules before) {
        if (stale.isEmpty()) {
            return this;
        }
        Map<AnyAddress, VirtualServerKey> targets = new HashMap<>();
        unbound.forEach(portal -> targets.put(AnyAddress.of(portal.from()), portal.to()));
        Set<VirtualServerKey> doubtful = new HashSet<>(stale);
        before.unbound.stream()
                .filter(portal -> portal.to().equals(targets.get(AnyAddress.of(portal.from()))))
                .forEach(portal -> doubtful.remove(portal.from()));
        doubtful.addAll(unled);
        return new ServiceRules(shortCircuits, unbound, doubtful);
    }
}
