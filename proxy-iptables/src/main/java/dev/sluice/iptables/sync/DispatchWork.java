package dev.sluice.iptables.sync;

import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.iptables.dispatch.ChainContent;
import dev.sluice.iptables.dispatch.DispatchLayout;
import dev.sluice.iptables.render.FixedChains;
import dev.sluice.iptables.render.RenderedPort;
import dev.sluice.linux.iptables.RestoreException;
import dev.sluice.linux.iptables.RestoreScript;
import dev.sluice.linux.iptables.RuleLine;
import dev.sluice.linux.iptables.SavedTable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What separates the dispatch chains of one table from what they should be.
 *
 * <p>First everything that is missing is added, a chain always before the jump to it and at the heads of chains that are there,
 * and only when all of it is in force goes what is too much. So whatever the layout was, a list of kube-proxy's or a tree, each
 * address leads somewhere at every moment.
 */
final class DispatchWork {
    private final String table;
    private final Map<String, ChainContent> wanted;
    private final Map<String, List<String>> found = new HashMap<>();

    DispatchWork(String table, DispatchLayout layout, SavedTable saved) {
        this.table = table;
        this.wanted = layout.chains(table);
        for (String chain : wanted.keySet()) {
            if (saved.has(chain)) {
                found.put(
                        chain,
                        saved.rules(chain).stream()
                                .filter(spec -> !endsServices(chain, spec))
                                .toList());
            }
        }
    }

    /** The jump to the node ports stays last, and is looked after apart. */
    private boolean endsServices(String chain, String spec) {
        return FixedChains.NAT_SERVICES.equals(new KernelObject(table, chain))
                && RuleLine.target(spec).filter(FixedChains.NODE_PORTS::equals).isPresent();
    }

    boolean wants(String chain) {
        return wanted.containsKey(chain);
    }

    /** What is missing, in the order in which it is to be written. */
    List<RulePiece> additions(Map<ServicePortName, RenderedPort> ports) {
        List<RulePiece> pieces = new ArrayList<>();
        Map<String, ServicePortName> owners = new HashMap<>();
        List<String> childrenFirst = List.copyOf(wanted.keySet()).reversed();
        for (String chain : childrenFirst) {
            ChainContent content = wanted.getOrDefault(chain, ChainContent.inOrder(List.of()));
            List<String> inForce = found.get(chain);
            // a shared chain has just been made
            boolean fresh = inForce == null && !isShared(chain);
            Set<String> there = inForce == null ? Set.of() : new HashSet<>(inForce);
            List<String> missing = content.anyOrder().stream()
                    .filter(spec -> !there.contains(spec))
                    .toList();
            if (!missing.isEmpty() && owners.isEmpty()) {
                own(ports, owners);
            }
            (fresh ? missing : missing.reversed())
                    .forEach(spec -> pieces.add(new RulePiece(owners.get(spec), chain, spec, fresh)));
        }
        return pieces;
    }

    private boolean isShared(String chain) {
        return FixedChains.DISPATCH_PREFIXES.containsKey(new KernelObject(table, chain));
    }

    private void own(Map<ServicePortName, RenderedPort> ports, Map<String, ServicePortName> owners) {
        ports.forEach((name, port) -> {
            List<RuleLine> rules = table.equals(FixedChains.NAT) ? port.nat() : port.filter();
            rules.forEach(rule -> owners.put(rule.spec(), name));
        });
    }

    /** Deletes what is too much; call it when all additions are in force. */
    void deleteSurplus(PortWriter writer) throws RestoreException {
        RestoreScript script = new RestoreScript().table(table);
        for (Map.Entry<String, ChainContent> chain : wanted.entrySet()) {
            chain.getValue().deleteSurplus(chain.getKey(), found.getOrDefault(chain.getKey(), List.of()), script);
            if (script.lines() >= writer.linesPerRestore()) {
                writer.restore(script);
                script = new RestoreScript().table(table);
            }
        }
        writer.restore(script);
    }
}
