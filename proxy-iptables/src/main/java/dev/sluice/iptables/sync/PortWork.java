package dev.sluice.iptables.sync;

import dev.sluice.core.model.ServicePortName;
import dev.sluice.iptables.render.RenderedPort;
import dev.sluice.linux.iptables.RestoreScript;
import dev.sluice.linux.iptables.SavedTable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The chains of one port that are not there, or not as they should be.
 *
 * @param chains by name; they are rewritten together, so that no packet meets half of a port
 */
record PortWork(ServicePortName port, Map<String, List<String>> chains) implements Piece {

    static PortWork of(ServicePortName port, RenderedPort wanted, SavedTable saved) {
        Map<String, List<String>> chains = new LinkedHashMap<>();
        wanted.chains().forEach((chain, rules) -> {
            if (!saved.has(chain) || !saved.rules(chain).equals(rules)) {
                chains.put(chain, rules);
            }
        });
        return new PortWork(port, chains);
    }

    boolean isEmpty() {
        return chains.isEmpty();
    }

    @Override
    public boolean owns(String line) {
        return chains.keySet().stream().anyMatch(line::contains);
    }

    @Override
    public void writeTo(RestoreScript out, Set<String> declared) {
        chains.forEach((chain, rules) -> {
            out.declare(chain);
            rules.forEach(spec -> out.append(chain, spec));
        });
    }
}
