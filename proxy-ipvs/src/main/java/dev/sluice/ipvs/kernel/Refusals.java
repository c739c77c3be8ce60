// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.kernel;

import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.ipvs.plan.PortPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The present refusals of the kernel, by service port. Each sync retries such a port until it is complete. */
public final class Refusals {
    private final Map<ServicePortName, Problem> byPort = new TreeMap<>();
    private final List<Problem> stale = new ArrayList<>();

    /** Adds a refusal; the first one of a port is kept, because the others mostly follow from it. */
    void add(ServicePortName name, String what, Exception error) {
        byPort.putIfAbsent(
                name,
                Problem.skipped(
                        ObjectRef.service(name.service()),
                        PortPlan.field(name),
                        what + " was refused; it is tried again at the next sync: " + error.getMessage()));
    }

    /** Adds a stale object that could not be removed. */
    void addStale(KernelObject object, Exception error) {
        stale.add(Problem.ignored(
                ObjectRef.kernel(object),
                "",
                "could not be removed; it is tried again at the next sync: " + error.getMessage()));
    }

    /** Forgets what is about to be tried again. */
    public void forget(Set<ServicePortName> names) {
        byPort.keySet().removeAll(names);
        stale.clear();
    }

    public void clear() {
        byPort.clear();
        stale.clear();
    }

    boolean has(ServicePortName name) {
        return byPort.containsKey(name);
    }

    boolean isEmpty() {
        return byPort.isEmpty();
    }

    public List<Problem> problems() {
        List<Problem> all = new ArrayList<>(byPort.values());
        all.addAll(stale);
        return all;
    }
}
