// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables.sync;

import dev.sluice.core.model.ServicePortName;
import dev.sluice.iptables.dispatch.DesiredChain;
import dev.sluice.iptables.dispatch.DispatchLayout;
import dev.sluice.iptables.render.DispatchRoot;
import dev.sluice.iptables.render.PortRules;
import dev.sluice.iptables.render.SharedChains;
import dev.sluice.iptables.sync.RestoreUnit.DispatchRule;
import dev.sluice.linux.iptables.RestoreException;
import dev.sluice.linux.iptables.RestoreScript;
import dev.sluice.linux.iptables.RuleLine;
import dev.sluice.linux.iptables.SavedTable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The difference between the dispatch chains of one table and their desired content.
 *
 * <p>All missing rules are added first, each chain before the jump to it, and at the heads of existing chains. Stale
 * rules are deleted only when all additions are written. So each address leads somewhere at every moment, whatever the
 * layout was: a list of kube-proxy's, or another tree.
 */
final class DispatchDiff {
    private final String table;
    private final Map<String, DesiredChain> desired;
    private final Map<String, List<String>> found = new HashMap<>();

    DispatchDiff(String table, DispatchLayout layout, SavedTable saved) {
        this.table = table;
        this.desired = layout.chains(table);
        for (String chain : desired.keySet()) {
            if (saved.has(chain)) {
                found.put(
                        chain,
                        saved.rules(chain).stream()
                                .filter(spec -> !leadsToNodePorts(chain, spec))
                                .toList());
            }
        }
    }

    /** Whether the rule is one of the last of the root, which {@link FullSyncRound} repairs. */
    private boolean leadsToNodePorts(String chain, String spec) {
        return root(chain).filter(root -> root == DispatchRoot.NAT_SERVICES).isPresent()
                && RuleLine.target(spec).filter(SharedChains.NODE_PORTS::equals).isPresent();
    }

    private Optional<DispatchRoot> root(String chain) {
        return DispatchRoot.find(table, chain);
    }

    boolean isDesired(String chain) {
        return desired.containsKey(chain);
    }

    /** The missing rules, in the order in which to write them. */
    List<DispatchRule> additions(Map<ServicePortName, PortRules> ports) {
        List<DispatchRule> additions = new ArrayList<>();
        Map<String, ServicePortName> owners = new HashMap<>();
        List<String> childrenFirst = List.copyOf(desired.keySet()).reversed();
        for (String chain : childrenFirst) {
            DesiredChain content = desired.getOrDefault(chain, DesiredChain.inOrder(List.of()));
            List<String> existing = found.get(chain);
            // the roots are written before, with the other shared chains
            boolean fresh = existing == null && root(chain).isEmpty();
            Set<String> present = existing == null ? Set.of() : new HashSet<>(existing);
            List<String> missing = content.anyOrder().stream()
                    .filter(spec -> !present.contains(spec))
                    .toList();
            if (!missing.isEmpty() && owners.isEmpty()) {
                collectOwners(ports, owners);
            }
            (fresh ? missing : missing.reversed())
                    .forEach(spec -> additions.add(new DispatchRule(owners.get(spec), chain, spec, fresh)));
        }
        return additions;
    }

    private void collectOwners(Map<ServicePortName, PortRules> ports, Map<String, ServicePortName> owners) {
        ports.forEach((name, port) -> port.dispatch(table).forEach(rule -> owners.put(rule.spec(), name)));
    }

    /** Deletes the stale rules. All additions must be written. */
    void deleteStale(BatchWriter writer) throws RestoreException {
        RestoreScript script = new RestoreScript().table(table);
        for (Map.Entry<String, DesiredChain> chain : desired.entrySet()) {
            chain.getValue().deleteStale(chain.getKey(), found.getOrDefault(chain.getKey(), List.of()), script);
            if (script.lines() >= writer.linesPerRestore()) {
                writer.restore(script);
                script = new RestoreScript().table(table);
            }
        }
        writer.restore(script);
    }
}
