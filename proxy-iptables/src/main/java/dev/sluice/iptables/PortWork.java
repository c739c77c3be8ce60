package dev.sluice.iptables;

import dev.sluice.core.model.ServicePortName;
import dev.sluice.linux.iptables.RestoreScript;
import dev.sluice.linux.iptables.RuleLine;
import dev.sluice.linux.iptables.SavedTable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the kernel lacks of one port's rules.
 *
 * @param chains its own chains that are not there, or not as they should be
 */
record PortWork(ServicePortName port, List<RuleLine> filter, Map<String, List<String>> chains, List<RuleLine> nat) {

    static PortWork of(
            ServicePortName port, RenderedPort wanted, SavedTable saved, SharedRules nat, SharedRules filter) {
        Map<String, List<String>> chains = new LinkedHashMap<>();
        wanted.chains().forEach((chain, rules) -> {
            if (!saved.has(chain) || !saved.rules(chain).equals(rules)) {
                chains.put(chain, rules);
            }
        });
        return new PortWork(port, filter.missingOf(wanted.filter()), chains, nat.missingOf(wanted.nat()));
    }

    boolean isEmpty() {
        return filter.isEmpty() && chains.isEmpty() && nat.isEmpty();
    }

    /** Whether {@code line} of a restore input is about this port. */
    boolean owns(String line) {
        return chains.keySet().stream().anyMatch(line::contains)
                || nat.stream().anyMatch(rule -> line.endsWith(rule.spec()))
                || filter.stream().anyMatch(rule -> line.endsWith(rule.spec()));
    }

    void writeFilter(RestoreScript out) {
        filter.reversed().forEach(rule -> out.insert(rule.chain(), 1, rule.spec()));
    }

    void writeChains(RestoreScript out) {
        chains.forEach((chain, rules) -> {
            out.declare(chain);
            rules.forEach(spec -> out.append(chain, spec));
        });
    }

    void writeNat(RestoreScript out) {
        nat.reversed().forEach(rule -> out.insert(rule.chain(), 1, rule.spec()));
    }
}
