// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables.render;

import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.linux.iptables.RuleLine;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The rules of one service port, in the text form of {@code iptables-save}.
 *
 * @param nat its rules in the shared chains of nat
 * @param filter its rules in the shared chains of filter
 * @param chains its own chains, all in nat, in the order in which kube-proxy writes them
 * @param clientSets the IP sets that these rules name, each with the seconds for which it remembers a client
 */
public record PortRules(
        List<RuleLine> nat, List<RuleLine> filter, Map<String, List<String>> chains, Map<String, Integer> clientSets) {
    /** The rules of a port that was removed or left out. */
    public static final PortRules NOTHING = new PortRules(List.of(), List.of(), Map.of(), Map.of());

    public PortRules {
        nat = List.copyOf(nat);
        filter = List.copyOf(filter);
        chains = Collections.unmodifiableMap(new LinkedHashMap<>(chains));
        clientSets = Map.copyOf(clientSets);
    }

    public static PortRules render(RenderContext context, ResolvedPort port) {
        PortChainNames names = PortChainNames.of(port.name());
        PortDispatchRules dispatch = new PortDispatchRules(context, port, names);
        return new PortRules(
                dispatch.nat(), dispatch.filter(), PortChains.render(context, port, names), clientSets(context, port));
    }

    private static Map<String, Integer> clientSets(RenderContext context, ResolvedPort port) {
        Map<String, Integer> sets = new HashMap<>();
        if (port.service().hasAffinity() && context.memory().limit(port.name()).isEmpty()) {
            for (Endpoint endpoint : port.endpoints().reachable()) {
                String chain = PortChainNames.endpoint(port.name(), endpoint);
                sets.put(
                        ClientSetNames.of(context.family(), chain),
                        port.service().affinitySeconds());
            }
        }
        return sets;
    }

    /** Its rules in the shared chains of {@code table}. */
    public List<RuleLine> dispatch(String table) {
        return table.equals(SharedChains.NAT) ? nat : filter;
    }

    /** How many rules it has in nat. */
    public int natRules() {
        return nat.size() + chains.values().stream().mapToInt(List::size).sum();
    }
}
