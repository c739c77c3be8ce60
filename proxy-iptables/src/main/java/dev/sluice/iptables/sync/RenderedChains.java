package dev.sluice.iptables.sync;

import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.iptables.dispatch.ChainContent;
import dev.sluice.iptables.dispatch.DispatchLayout;
import dev.sluice.iptables.render.ChainNames;
import dev.sluice.iptables.render.FixedChains;
import dev.sluice.iptables.render.FixedRules;
import dev.sluice.iptables.render.PortChains;
import dev.sluice.iptables.render.Rendering;
import dev.sluice.linux.iptables.SavedTable;
import dev.sluice.linux.iptables.TableRules;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** What single chains of ours are to hold, by what was rendered last. */
public final class RenderedChains {
    private final Rendering rendering;
    private final FixedRules fixed;
    private final DispatchLayout layout;
    private final Collection<ResolvedPort> ports;

    public RenderedChains(
            Rendering rendering, FixedRules fixed, DispatchLayout layout, Collection<ResolvedPort> ports) {
        this.layout = layout;
        this.rendering = rendering;
        this.fixed = fixed;
        this.ports = ports;
    }

    /** The content of those among {@code asked} that are ours and wanted. */
    Map<KernelObject, ChainContent> of(Set<KernelObject> asked) {
        Map<KernelObject, ChainContent> contents = new HashMap<>();
        addFixed(fixed.nat(SavedTable.empty(FixedChains.NAT)), asked, contents);
        addFixed(fixed.filter(SavedTable.empty(FixedChains.FILTER)), asked, contents);
        addDispatch(asked, contents);
        addOwn(asked, contents);
        return contents;
    }

    private static void addFixed(TableRules table, Set<KernelObject> asked, Map<KernelObject, ChainContent> contents) {
        table.chains().forEach((chain, rules) -> {
            KernelObject ref = new KernelObject(table.table(), chain);
            if (asked.contains(ref)) {
                contents.put(ref, ChainContent.inOrder(rules));
            }
        });
    }

    private void addDispatch(Set<KernelObject> asked, Map<KernelObject, ChainContent> contents) {
        asked.stream().filter(layout::has).forEach(ref -> contents.put(ref, layout.content(ref)));
    }

    /** A chain's name does not tell its port, so all ports are asked; only those that have it are rendered. */
    private void addOwn(Set<KernelObject> asked, Map<KernelObject, ChainContent> contents) {
        Set<String> left = new HashSet<>();
        for (KernelObject ref : asked) {
            if (ref.kind().equals(FixedChains.NAT) && ChainNames.isPerPort(ref.name()) && !contents.containsKey(ref)) {
                left.add(ref.name());
            }
        }
        for (ResolvedPort port : ports) {
            if (left.isEmpty()) {
                return;
            }
            if (has(port, left)) {
                PortChains.render(rendering, port).chains().forEach((chain, rules) -> {
                    if (left.remove(chain)) {
                        contents.put(new KernelObject(FixedChains.NAT, chain), ChainContent.inOrder(rules));
                    }
                });
            }
        }
    }

    private static boolean has(ResolvedPort port, Set<String> chains) {
        ChainNames names = ChainNames.of(port.name());
        if (chains.contains(names.cluster())
                || chains.contains(names.local())
                || chains.contains(names.external())
                || chains.contains(names.firewall())) {
            return true;
        }
        for (Endpoint endpoint : port.endpoints().reachable()) {
            if (chains.contains(ChainNames.endpoint(port.name(), endpoint))) {
                return true;
            }
        }
        return false;
    }
}
