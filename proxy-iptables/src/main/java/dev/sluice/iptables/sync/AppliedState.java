// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables.sync;

import dev.sluice.core.kernel.ObjectKind;
import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.iptables.dispatch.DispatchLayout;
import dev.sluice.iptables.render.ClientMemory;
import dev.sluice.iptables.render.PortRules;
import dev.sluice.iptables.render.RenderContext;
import dev.sluice.iptables.render.SharedChains;
import dev.sluice.iptables.render.SharedRules;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The applied state, as the kernel is known to hold it: the ports, the context that their rules were rendered with, and
 * the number of rules.
 */
public final class AppliedState {
    private final Map<ServicePortName, ResolvedPort> ports = new HashMap<>();
    private final Map<ServicePortName, Problem> leftOut = new LinkedHashMap<>();
    private final Map<ServicePortName, Problem> limited = new LinkedHashMap<>();
    private @Nullable Basis basis;
    private long natRules;
    private long filterRules;

    /** What the last full sync rendered with, and the present dispatch trees. */
    public record Basis(RenderContext context, SharedRules shared, DispatchLayout layout) {}

    /** Empty when the applied state is not known. */
    public Optional<Basis> basis() {
        return Optional.ofNullable(basis);
    }

    /** The applied ports. */
    public Collection<ResolvedPort> ports() {
        return ports.values();
    }

    @Nullable
    ResolvedPort port(ServicePortName name) {
        return ports.get(name);
    }

    /** Records that a port was written, or removed if it is null. */
    void put(ServicePortName name, @Nullable ResolvedPort port) {
        leftOut.remove(name);
        limited.remove(name);
        if (port == null) {
            ports.remove(name);
        } else {
            ports.put(name, port);
            noteLimit(name, port);
        }
    }

    private void noteLimit(ServicePortName name, ResolvedPort port) {
        if (basis != null && port.service().hasAffinity()) {
            basis.context()
                    .memory()
                    .limit(name)
                    .ifPresent(reason -> limited.put(
                            name,
                            Problem.ignored(
                                    ObjectRef.service(name.service()),
                                    "spec.sessionAffinity",
                                    "holds for the last " + ClientMemory.FEW + " clients of each endpoint only: "
                                            + reason)));
        }
    }

    /** Changes the number of rules. */
    void count(long natDelta, long filterDelta) {
        natRules += natDelta;
        filterRules += filterDelta;
    }

    /** Records a full sync that applied {@code rendered} and left out the ports that were {@code refused}. */
    void replace(
            Basis applied,
            Collection<ResolvedPort> desired,
            Map<ServicePortName, Problem> refused,
            Collection<PortRules> rendered) {
        clear();
        basis = applied;
        leftOut.putAll(refused);
        desired.stream().filter(port -> !refused.containsKey(port.name())).forEach(port -> put(port.name(), port));
        natRules = applied.shared().natRules();
        filterRules = applied.shared().filterRules();
        rendered.forEach(port -> count(port.natRules(), port.filter().size()));
    }

    /** Records that the applied state is not known. Problems stay until the next full sync. */
    public void forget() {
        basis = null;
    }

    /** Records that nothing is applied. */
    public void clear() {
        basis = null;
        ports.clear();
        leftOut.clear();
        limited.clear();
    }

    /** Whether no port is left out. */
    public boolean isComplete() {
        return leftOut.isEmpty();
    }

    /** The ports that are left out, and those whose affinity is limited. */
    public List<Problem> problems() {
        List<Problem> problems = new ArrayList<>(leftOut.values());
        problems.addAll(limited.values());
        return problems;
    }

    /** The number of rules in both tables. */
    public long rules() {
        return natRules + filterRules;
    }

    /** Rules by table, without the jumps within dispatch trees. */
    public Map<ObjectKind, Long> counts() {
        return Map.of(SharedChains.NAT_RULES, natRules, SharedChains.FILTER_RULES, filterRules);
    }
}
