package dev.sluice.iptables.render;

import dev.sluice.linux.iptables.RuleLine;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The rules of one service port, in the text form of {@code iptables-save}.
 *
 * @param nat its rules in the shared chains of nat
 * @param filter its rules in the shared chains of filter
 * @param chains its own chains, all in nat, in the order in which kube-proxy writes them
 */
public record RenderedPort(List<RuleLine> nat, List<RuleLine> filter, Map<String, List<String>> chains) {
    /** What a port has that is gone or left out. */
    public static final RenderedPort NOTHING = new RenderedPort(List.of(), List.of(), Map.of());

    public RenderedPort {
        nat = List.copyOf(nat);
        filter = List.copyOf(filter);
        chains = Collections.unmodifiableMap(new LinkedHashMap<>(chains));
    }

    /** The number of its rules in nat. */
    public int natRules() {
        return nat.size() + chains.values().stream().mapToInt(List::size).sum();
    }
}
