package dev.sluice.iptables;

import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.sync.KernelCost;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.linux.iptables.RestoreException;
import dev.sluice.linux.iptables.RestoreScript;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;

/**
 * Gives the rules of many ports to the kernel in portions, and finds out whose rules it refuses. A refused input changes
 * nothing, so it is given again without the port that the tool's message points at, or, when the message does not tell,
 * in halves.
 */
final class PortWriter {
    /**
     * Lines per restore in the nft variant, whose time for one input grows faster than its length: 110,000 lines take 35 s
     * at once and 2.5 s in ten portions.
     */
    private static final int NFT_LINES = 10_000;

    /** So many refusals in one sync are no longer the fault of single ports. */
    private static final int MAX_REFUSALS = 200;

    private final Iptables iptables;
    private final int linesPerRestore;
    private final Map<ServicePortName, Problem> refused = new LinkedHashMap<>();
    private KernelCost cost = KernelCost.NONE;
    private int refusals;

    PortWriter(Iptables iptables) {
        this.iptables = iptables;
        this.linesPerRestore = switch (iptables.variant()) {
            case NFT -> NFT_LINES;
            case LEGACY -> Integer.MAX_VALUE; // every restore replaces the table
        };
    }

    /** Gives {@code script} to the kernel, unless it is empty. */
    void restore(RestoreScript script) throws RestoreException {
        if (!script.isEmpty()) {
            String text = script.text();
            iptables.restore(text);
            cost = cost.plus(new KernelCost(script.lines(), text.length()));
        }
    }

    /** Gives one step of all {@code ports}, apart from those refused before. */
    void write(String table, List<PortWork> ports, BiConsumer<PortWork, RestoreScript> step) throws RestoreException {
        List<PortWork> portion = new ArrayList<>();
        RestoreScript script = new RestoreScript().table(table);
        for (PortWork port : ports) {
            if (refused.containsKey(port.port())) {
                continue;
            }
            portion.add(port);
            step.accept(port, script);
            if (script.lines() >= linesPerRestore) {
                portion(table, List.copyOf(portion), step);
                portion.clear();
                script = new RestoreScript().table(table);
            }
        }
        portion(table, portion, step);
    }

    private void portion(String table, List<PortWork> ports, BiConsumer<PortWork, RestoreScript> step)
            throws RestoreException {
        RestoreScript script = new RestoreScript().table(table);
        ports.forEach(port -> step.accept(port, script));
        try {
            restore(script);
        } catch (RestoreException e) {
            // without a line it was not the input: the lock, the rights, the tool itself
            if (e.line().isEmpty() || ++refusals > MAX_REFUSALS) {
                throw e;
            }
            Optional<PortWork> culprit = culprit(e, ports);
            if (culprit.isPresent()) {
                refuse(culprit.get(), e);
                portion(
                        table,
                        ports.stream()
                                .filter(p -> !p.port().equals(culprit.get().port()))
                                .toList(),
                        step);
            } else {
                portion(table, ports.subList(0, ports.size() / 2), step);
                portion(table, ports.subList(ports.size() / 2, ports.size()), step);
            }
        }
    }

    private static Optional<PortWork> culprit(RestoreException e, List<PortWork> ports) {
        return ports.size() == 1
                ? Optional.of(ports.getFirst())
                : ports.stream().filter(port -> port.owns(e.lineText())).findFirst();
    }

    private void refuse(PortWork work, RestoreException e) {
        String reason = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
        ServicePortName port = work.port();
        refused.put(port, Problem.skipped("Service " + port.service(), port.port(), reason));
    }

    /** The ports whose rules the kernel or the tool refused. */
    Map<ServicePortName, Problem> refused() {
        return refused;
    }

    KernelCost cost() {
        return cost;
    }
}
