package dev.sluice.iptables;

import static dev.sluice.iptables.FixedChains.FILTER;
import static dev.sluice.iptables.FixedChains.FILTER_DISPATCH;
import static dev.sluice.iptables.FixedChains.NAT;
import static dev.sluice.iptables.FixedChains.NAT_DISPATCH;
import static dev.sluice.iptables.FixedChains.NODE_PORTS;
import static dev.sluice.iptables.FixedChains.SERVICES;

import dev.sluice.core.model.ServicePortName;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.linux.iptables.RestoreException;
import dev.sluice.linux.iptables.RestoreScript;
import dev.sluice.linux.iptables.RuleLine;
import dev.sluice.linux.iptables.SavedTable;
import dev.sluice.linux.iptables.TableDiff;
import dev.sluice.linux.iptables.TableRules;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Compares everything with the kernel and mends what differs: what other runs left behind is adopted, and where nothing
 * differs nothing is written.
 *
 * <p>The order of the steps keeps {@link Transition}'s promise across many restores: refusals come first, then the chains of
 * the ports, to which nothing leads yet, then what leads to them, and only then goes what is no longer wanted.
 */
final class FullSync {
    private final Iptables iptables;
    private final FixedRules fixed;
    private final boolean guardLoopback;
    private final PortWriter writer;

    FullSync(Iptables iptables, FixedRules fixed, boolean guardLoopback, PortWriter writer) {
        this.iptables = iptables;
        this.fixed = fixed;
        this.guardLoopback = guardLoopback;
        this.writer = writer;
    }

    void run(Map<ServicePortName, RenderedPort> ports) throws KernelException {
        SavedTable nat = read(NAT);
        SavedTable filter = read(FILTER);
        SharedRules natRules = new SharedRules(nat, NAT_DISPATCH);
        SharedRules filterRules = new SharedRules(filter, FILTER_DISPATCH);
        List<PortWork> work = ports.entrySet().stream()
                .map(port -> PortWork.of(port.getKey(), port.getValue(), nat, natRules, filterRules))
                .filter(port -> !port.isEmpty())
                .toList();
        writeSharedFilter(filter);
        writer.write(FILTER, work, PortWork::writeFilter);
        writeSharedNat(nat, natRules);
        writer.write(NAT, work, PortWork::writeChains);
        writer.write(NAT, work, PortWork::writeNat);
        deleteLeftovers(NAT, natRules);
        deleteLeftovers(FILTER, filterRules);
        deleteStaleChains(nat, ports);
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

    private void writeSharedNat(SavedTable inForce, SharedRules rules) throws RestoreException {
        RestoreScript script = new RestoreScript();
        TableDiff.plan(inForce, fixed.nat(inForce), FixedChains.OF_NAT::contains, script);
        mendEndOfServices(inForce, rules, script);
        writer.restore(script);
    }

    /** The rules for node ports match much more than one Service's address, so they come after all others. */
    private void mendEndOfServices(SavedTable inForce, SharedRules rules, RestoreScript script) {
        List<String> services = inForce.rules(SERVICES);
        List<String> wanted = fixed.nodePortRules();
        List<String> found = services.stream()
                .filter(spec -> RuleLine.target(spec).filter(NODE_PORTS::equals).isPresent())
                .toList();
        found.forEach(spec -> rules.take(new RuleLine(SERVICES, spec)));
        boolean last = services.subList(services.size() - found.size(), services.size())
                .equals(found);
        if (!found.equals(wanted) || !last) {
            wanted.forEach(spec -> script.append(SERVICES, spec));
            found.forEach(spec -> script.delete(SERVICES, spec));
        }
    }

    private void deleteLeftovers(String table, SharedRules rules) throws RestoreException {
        RestoreScript script = new RestoreScript().table(table);
        rules.deleteLeftovers(script);
        writer.restore(script);
    }

    private void deleteStaleChains(SavedTable inForce, Map<ServicePortName, RenderedPort> ports)
            throws RestoreException {
        Set<String> wanted = new HashSet<>();
        ports.values().forEach(port -> wanted.addAll(port.chains().keySet()));
        TableRules.Builder kept = TableRules.of(NAT);
        for (String chain : inForce.chains()) {
            if (FixedChains.isOwned(NAT, chain) && (wanted.contains(chain) || !ChainNames.isPerPort(chain))) {
                kept.chain(chain, inForce.rules(chain));
            }
        }
        RestoreScript script = new RestoreScript();
        TableDiff.plan(inForce, kept.build(), ChainNames::isPerPort, script);
        writer.restore(script);
    }
}
