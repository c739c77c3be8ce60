// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.rules;

import dev.sluice.linux.ipvs.VirtualServerKey;
import dev.sluice.linux.rules.Rule;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What the rules say of single Services: few of them, of those whose traffic the sets alone cannot direct. */
public record ServiceRules(List<ShortCircuit> shortCircuits, List<UnboundPortal> unbound) {
    public static final ServiceRules NONE = new ServiceRules(List.of(), List.of());

    public ServiceRules {
        shortCircuits = List.copyOf(shortCircuits);
        unbound = List.copyOf(unbound);
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

    /** The rules of {@link IpvsRules#UNBOUND_TO}. */
    public List<Rule> unboundRules() {
        return unbound.stream().map(UnboundPortal::rule).toList();
    }
}
