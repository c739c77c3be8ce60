package dev.sluice.iptables.sync;

import dev.sluice.core.kernel.ObjectKind;
import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.iptables.render.FixedChains;
import dev.sluice.iptables.render.FixedRules;
import dev.sluice.iptables.render.RenderedPort;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The ports whose rules are in force, those left out, and how many rules there are. */
public final class PortsInForce {
    private final Map<ServicePortName, ResolvedPort> ports = new HashMap<>();
    private final Map<ServicePortName, Problem> leftOut = new LinkedHashMap<>();
    private long natRules;
    private long filterRules;

    public Collection<ResolvedPort> all() {
        return ports.values();
    }

    @Nullable
    public ResolvedPort port(ServicePortName name) {
        return ports.get(name);
    }

    /** A port was written, or has gone. */
    public void put(ServicePortName name, @Nullable ResolvedPort port) {
        leftOut.remove(name);
        if (port == null) {
            ports.remove(name);
        } else {
            ports.put(name, port);
        }
    }

    public void count(long natDelta, long filterDelta) {
        natRules += natDelta;
        filterRules += filterDelta;
    }

    /** Everything was compared: {@code rendered} is in force, and {@code refused} is left out. */
    public void replace(
            Collection<ResolvedPort> wanted,
            Map<ServicePortName, Problem> refused,
            Collection<RenderedPort> rendered,
            FixedRules shared) {
        clear();
        leftOut.putAll(refused);
        Set<ServicePortName> without = refused.keySet();
        wanted.stream().filter(port -> !without.contains(port.name())).forEach(port -> ports.put(port.name(), port));
        natRules = shared.natRules();
        filterRules = shared.filterRules();
        rendered.forEach(port -> count(port.natRules(), port.filter().size()));
    }

    public void clear() {
        ports.clear();
        leftOut.clear();
    }

    public List<Problem> problems() {
        return new ArrayList<>(leftOut.values());
    }

    /** The number of rules in both tables. */
    public long rules() {
        return natRules + filterRules;
    }

    /** Rules by table, without the jumps within dispatch trees. */
    public Map<ObjectKind, Long> counts() {
        return Map.of(FixedChains.NAT_RULES, natRules, FixedChains.FILTER_RULES, filterRules);
    }
}
