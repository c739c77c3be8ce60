// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables.sync;

import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.sync.KernelCost;
import dev.sluice.core.sync.ProxySnapshot;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.iptables.affinity.ClientSets;
import dev.sluice.iptables.dispatch.PortTransition;
import dev.sluice.iptables.render.PortRules;
import dev.sluice.iptables.render.RenderContext;
import dev.sluice.iptables.sync.AppliedState.Basis;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.iptables.Iptables;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Applies the changes of some ports in one restore. The kernel is not read: the applied rules of a port are rendered
 * again from the port as it was.
 */
public final class PartialSync {
    private static final Logger LOG = LoggerFactory.getLogger(PartialSync.class);

    /** The nft variant takes more lines than this faster in the batches of a full sync. */
    private static final int MAX_LINES = 20_000;

    private final Iptables iptables;
    private final AppliedState applied;
    private final Basis basis;
    private final ClientSets clients;
    private KernelCost spent = KernelCost.NONE;

    /** @param basis of {@code applied} */
    public PartialSync(Iptables iptables, AppliedState applied, Basis basis, ClientSets clients) {
        this.iptables = iptables;
        this.clients = clients;
        this.applied = applied;
        this.basis = basis;
    }

    /**
     * Empty when the change was refused or is too long; the applied state is unknown then, and a full sync must follow.
     */
    public Optional<SyncReport> run(ProxySnapshot desired, Set<ServicePortName> names) {
        PortTransition transition = new PortTransition(basis.layout());
        long natDelta = 0;
        long filterDelta = 0;
        Set<String> newSets = new HashSet<>();
        Set<String> staleSets = new HashSet<>();
        for (ServicePortName name : names) {
            PortRules from = render(basis.context(), applied.port(name));
            PortRules to = render(basis.context(), desired.port(name));
            transition.add(from, to);
            newSets.addAll(difference(to, from));
            staleSets.addAll(difference(from, to));
            natDelta += to.natRules() - from.natRules();
            filterDelta += to.filter().size() - from.filter().size();
        }
        String text = transition.finish();
        if (transition.lines() > MAX_LINES && iptables.variant() == Iptables.Variant.NFT) {
            return Optional.empty();
        }
        KernelCost cost = new KernelCost(transition.lines(), text.length());
        WrittenRuleCounts written = new WrittenRuleCounts();
        try {
            cost = cost.plus(create(newSets));
            for (ServicePortName name : names) {
                retime(name, desired.port(name));
            }
            if (!text.isEmpty()) {
                iptables.restore(text);
                written.add(text);
            }
        } catch (KernelException e) {
            LOG.atWarn()
                    .addKeyValue("family", iptables.family())
                    .addKeyValue("cause", e.getMessage())
                    .log("Comparing all rules with the kernel: a change was refused");
            spent = cost;
            return Optional.empty();
        }
        clients.release(staleSets);
        names.forEach(name -> applied.put(name, desired.port(name)));
        applied.count(natDelta, filterDelta);
        return Optional.of(
                new SyncReport(false, cost, applied.problems(), applied.counts(), written.counts(), Map.of()));
    }

    private KernelCost create(Set<String> names) throws KernelException {
        if (names.isEmpty()) {
            return KernelCost.NONE;
        }
        if (!clients.usable()) {
            throw new KernelException("rules cannot remember clients in IP sets here");
        }
        ClientSets.Created created = clients.create(names);
        if (!created.refused().isEmpty()) {
            throw new KernelException("IP sets to remember clients in were refused: " + created.refused());
        }
        return created.cost();
    }

    private void retime(ServicePortName name, @Nullable ResolvedPort desired) throws KernelException {
        ResolvedPort before = applied.port(name);
        if (before != null
                && desired != null
                && before.service().affinitySeconds() != desired.service().affinitySeconds()) {
            Map<String, Integer> to = render(basis.context(), desired).clientSets();
            for (Map.Entry<String, Integer> from :
                    render(basis.context(), before).clientSets().entrySet()) {
                Integer seconds = to.get(from.getKey());
                if (seconds != null) {
                    clients.transfer().retime(from.getKey(), from.getValue(), seconds);
                }
            }
        }
    }

    private static Set<String> difference(PortRules of, PortRules to) {
        Set<String> only = new HashSet<>(of.clientSets().keySet());
        only.removeAll(to.clientSets().keySet());
        return only;
    }

    private static PortRules render(RenderContext context, @Nullable ResolvedPort port) {
        return port == null ? PortRules.NOTHING : PortRules.render(context, port);
    }

    /** Whether the change was refused, and not only too long. */
    public boolean isRefused() {
        return !spent.equals(KernelCost.NONE);
    }

    /** What a refused change cost. */
    public KernelCost spent() {
        return spent;
    }
}
