// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables.sync;

import static dev.sluice.iptables.render.SharedChains.FILTER;
import static dev.sluice.iptables.render.SharedChains.NAT;

import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.iptables.dispatch.DesiredChain;
import dev.sluice.iptables.render.PortChainNames;
import dev.sluice.iptables.render.PortRules;
import dev.sluice.iptables.sync.AppliedState.Basis;
import dev.sluice.linux.iptables.SavedTable;
import dev.sluice.linux.iptables.TableRules;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** The desired content of some chains, rendered again from the applied ports. */
final class DesiredChains {
    private final Basis basis;
    private final Collection<ResolvedPort> ports;
    private final Set<String> clientSets = new HashSet<>();

    DesiredChains(Basis basis, Collection<ResolvedPort> ports) {
        this.basis = basis;
        this.ports = ports;
    }

    /** The content of those of {@code chains} that are ours and desired. */
    Map<KernelObject, DesiredChain> of(Set<KernelObject> chains) {
        Map<KernelObject, DesiredChain> contents = new HashMap<>();
        addShared(basis.shared().nat(SavedTable.empty(NAT)), chains, contents);
        addShared(basis.shared().filter(SavedTable.empty(FILTER)), chains, contents);
        for (KernelObject chain : chains) {
            basis.layout().find(chain.kind(), chain.name()).ifPresent(content -> contents.put(chain, content));
        }
        addOfPorts(chains, contents);
        return contents;
    }

    /** The IP sets that the chains given by {@link #of} name. */
    Set<String> clientSets() {
        return clientSets;
    }

    private static void addShared(
            TableRules table, Set<KernelObject> chains, Map<KernelObject, DesiredChain> contents) {
        table.chains().forEach((name, rules) -> {
            KernelObject chain = new KernelObject(table.table(), name);
            if (chains.contains(chain)) {
                contents.put(chain, DesiredChain.inOrder(rules));
            }
        });
    }

    /**
     * The port of a chain does not follow from its name, so all ports are searched; only those that have it are
     * rendered.
     */
    private void addOfPorts(Set<KernelObject> chains, Map<KernelObject, DesiredChain> contents) {
        Set<String> left = new HashSet<>();
        for (KernelObject chain : chains) {
            if (chain.kind().equals(NAT) && PortChainNames.isPerPort(chain.name()) && !contents.containsKey(chain)) {
                left.add(chain.name());
            }
        }
        for (ResolvedPort port : ports) {
            if (left.isEmpty()) {
                return;
            }
            if (hasAny(port, left)) {
                PortRules rendered = PortRules.render(basis.context(), port);
                clientSets.addAll(rendered.clientSets().keySet());
                rendered.chains().forEach((name, rules) -> {
                    if (left.remove(name)) {
                        contents.put(new KernelObject(NAT, name), DesiredChain.inOrder(rules));
                    }
                });
            }
        }
    }

    private static boolean hasAny(ResolvedPort port, Set<String> chains) {
        PortChainNames names = PortChainNames.of(port.name());
        if (chains.contains(names.cluster())
                || chains.contains(names.local())
                || chains.contains(names.external())
                || chains.contains(names.firewall())) {
            return true;
        }
        for (Endpoint endpoint : port.endpoints().reachable()) {
            if (chains.contains(PortChainNames.endpoint(port.name(), endpoint))) {
                return true;
            }
        }
        return false;
    }
}
