package dev.sluice.iptables.sync;

import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.sync.KernelCost;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.linux.iptables.RestoreException;
import dev.sluice.linux.iptables.RestoreScript;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Gives the rules of many ports to the kernel in portions, and finds out whose rules it refuses. A refused input changes
 * nothing, so it is given again without the port that the tool's message points at, or, when the message does not tell,
 * in halves.
 */
public final class PortWriter {
    /**
     * Lines per restore in the nft variant, whose time for one input grows faster than its length, while each commit costs
     * something for every chain in the table. 10,000 Services of 5 endpoints took 9.7 s in portions of 500 lines, 6.2 s of 1,000,
     * 4.8 s of 2,000 and of 5,000, 6.1 s of 10,000 and 8.8 s of 20,000.
     */
    private static final int NFT_LINES = 4_000;

    /** So many refusals in one sync are no longer the fault of single ports. */
    private static final int MAX_REFUSALS = 200;

    private final Iptables iptables;
    private final int linesPerRestore;
    private final Map<ServicePortName, Problem> refused = new LinkedHashMap<>();
    private final Set<String> declared = new HashSet<>();
    private KernelCost cost = KernelCost.NONE;
    private final WrittenRules written = new WrittenRules();
    private int refusals;

    public PortWriter(Iptables iptables) {
        this.iptables = iptables;
        this.linesPerRestore = switch (iptables.variant()) {
            case NFT -> NFT_LINES;
            case LEGACY -> Integer.MAX_VALUE; // every restore replaces the table
        };
    }

    /** How many lines go well into one restore. */
    int linesPerRestore() {
        return linesPerRestore;
    }

    /** Gives {@code script} to the kernel, unless it is empty. */
    void restore(RestoreScript script) throws RestoreException {
        if (!script.isEmpty()) {
            String text = script.text();
            iptables.restore(text);
            written.add(text);
            cost = cost.plus(new KernelCost(script.lines(), text.length()));
        }
    }

    /** Writes {@code pieces} in their order, apart from those of ports refused before. */
    void write(String table, List<? extends Piece> pieces) throws RestoreException {
        List<Piece> portion = new ArrayList<>();
        RestoreScript script = new RestoreScript().table(table);
        for (Piece piece : pieces) {
            if (piece.port() != null && refused.containsKey(piece.port())) {
                continue;
            }
            portion.add(piece);
            piece.writeTo(script, declared);
            if (script.lines() >= linesPerRestore) {
                portion(table, List.copyOf(portion));
                portion.clear();
                script = new RestoreScript().table(table);
            }
        }
        portion(table, portion);
    }

    private void portion(String table, List<Piece> pieces) throws RestoreException {
        RestoreScript script = new RestoreScript().table(table);
        pieces.forEach(piece -> piece.writeTo(script, declared));
        try {
            restore(script);
            pieces.stream()
                    .filter(RulePiece.class::isInstance)
                    .forEach(rule -> declared.add(((RulePiece) rule).chain()));
        } catch (RestoreException e) {
            // without a line it was not the input: the lock, the rights, the tool itself
            if (e.line().isEmpty() || ++refusals > MAX_REFUSALS) {
                throw e;
            }
            Optional<Piece> culprit = culprit(e, pieces);
            if (culprit.isPresent()) {
                ServicePortName port = culprit.get().port();
                if (port == null) {
                    throw e; // nobody's fault alone
                }
                refuse(port, e);
                portion(
                        table,
                        pieces.stream().filter(p -> !port.equals(p.port())).toList());
            } else {
                portion(table, pieces.subList(0, pieces.size() / 2));
                portion(table, withoutRefused(pieces.subList(pieces.size() / 2, pieces.size())));
            }
        }
    }

    private List<Piece> withoutRefused(List<Piece> pieces) {
        return pieces.stream()
                .filter(piece -> piece.port() == null || !refused.containsKey(piece.port()))
                .toList();
    }

    private static Optional<Piece> culprit(RestoreException e, List<Piece> pieces) {
        return pieces.size() == 1
                ? Optional.of(pieces.getFirst())
                : pieces.stream().filter(piece -> piece.owns(e.lineText())).findFirst();
    }

    private void refuse(ServicePortName port, RestoreException e) {
        String reason = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
        refused.put(port, Problem.skipped(ObjectRef.service(port.service()), port.port(), reason));
    }

    /** The ports whose rules the kernel or the tool refused. */
    public Map<ServicePortName, Problem> refused() {
        return refused;
    }

    public KernelCost cost() {
        return cost;
    }

    public WrittenRules written() {
        return written;
    }
}
