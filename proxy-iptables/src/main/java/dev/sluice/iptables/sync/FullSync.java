package dev.sluice.iptables.sync;

import static dev.sluice.iptables.render.FixedChains.FILTER;
import static dev.sluice.iptables.render.FixedChains.NAT;
import static dev.sluice.iptables.render.FixedChains.NODE_PORTS;
import static dev.sluice.iptables.render.FixedChains.SERVICES;

import dev.sluice.core.model.ServicePortName;
import dev.sluice.iptables.dispatch.DispatchLayout;
import dev.sluice.iptables.render.ChainNames;
import dev.sluice.iptables.render.FixedChains;
import dev.sluice.iptables.render.FixedRules;
import dev.sluice.iptables.render.LoopbackGuard;
import dev.sluice.iptables.render.RenderedPort;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.linux.iptables.RestoreException;
import dev.sluice.linux.iptables.RestoreScript;
import dev.sluice.linux.iptables.RuleLine;
import dev.sluice.linux.iptables.SavedTable;
import dev.sluice.linux.iptables.TableDiff;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Compares everything with the kernel and mends what differs: what other runs left behind is adopted, and where nothing
 * differs nothing is written.
 *
 * <p>The order of the steps keeps {@link Transition}'s promise across many restores: refusals come first, then the chains of
 * the ports, to which nothing leads yet, then what leads to them ({@link DispatchWork}), and only then goes what is no longer
 * wanted.
 */
public final class FullSync {
    private final Iptables iptables;
    private final FixedRules fixed;
    private final boolean guardLoopback;
    private final PortWriter writer;

    public FullSync(Iptables iptables, FixedRules fixed, boolean guardLoopback, PortWriter writer) {
        this.iptables = iptables;
        this.fixed = fixed;
        this.guardLoopback = guardLoopback;
        this.writer = writer;
    }

    public void run(Map<ServicePortName, RenderedPort> ports, DispatchLayout layout) throws KernelException {
        SavedTable nat = read(NAT);
        SavedTable filter = read(FILTER);
        DispatchWork refusals = new DispatchWork(FILTER, layout, filter);
        DispatchWork dispatch = new DispatchWork(NAT, layout, nat);
        Set<String> chains = new HashSet<>();
        List<PortWork> work = new ArrayList<>();
        ports.forEach((name, port) -> {
            chains.addAll(port.chains().keySet());
            PortWork missing = PortWork.of(name, port, nat);
            if (!missing.isEmpty()) {
                work.add(missing);
            }
        });
        writeSharedFilter(filter);
        writer.write(FILTER, refusals.additions(ports));
        writeSharedNat(nat);
        writer.write(NAT, work);
        writer.write(NAT, dispatch.additions(ports));
        if (!writer.refused().isEmpty()) {
            return; // the layout is another without those: the next round goes on from here
        }
        dispatch.deleteSurplus(writer);
        refusals.deleteSurplus(writer);
        new StaleChains(nat, ChainNames::isPerPort, chain -> chains.contains(chain) || dispatch.wants(chain))
                .delete(writer);
        new StaleChains(filter, FixedChains::isFilterBranch, refusals::wants).delete(writer);
    }

    private SavedTable read(String table) throws KernelException {
        return SavedTable.parse(table, iptables.save(table));
    }

    private void writeSharedFilter(SavedTable inForce) throws RestoreException {
        RestoreScript script = new RestoreScript();
        TableDiff.plan(inForce, fixed.filter(inForce), FixedChains.OF_FILTER::contains, script);
        if (guardLoopback) {
            LoopbackGuard.install(inForce, script);
        } else {
            LoopbackGuard.remove(inForce, script);
        }
        writer.restore(script);
    }

    private void writeSharedNat(SavedTable inForce) throws RestoreException {
        RestoreScript script = new RestoreScript();
        TableDiff.plan(inForce, fixed.nat(inForce), FixedChains.OF_NAT::contains, script);
        mendEndOfServices(inForce, script);
        writer.restore(script);
    }

    /** The rules for node ports match much more than one Service's address, so they come after all others. */
    private void mendEndOfServices(SavedTable inForce, RestoreScript script) {
        List<String> services = inForce.rules(SERVICES);
        List<String> wanted = fixed.nodePortRules();
        List<String> found = services.stream()
                .filter(spec -> RuleLine.target(spec).filter(NODE_PORTS::equals).isPresent())
                .toList();
        boolean last = services.subList(services.size() - found.size(), services.size())
                .equals(found);
        if (!found.equals(wanted) || !last) {
            wanted.forEach(spec -> script.append(SERVICES, spec));
            found.forEach(spec -> script.delete(SERVICES, spec));
        }
    }
}
