package dev.sluice.ipvs.plan;

import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ServicePortName;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** What the kernel refuses at present, by service port. A port tries again at each sync until it is whole. */
public final class Refusals {
    private final Map<ServicePortName, Problem> byPort = new TreeMap<>();
    private final List<Problem> leftovers = new ArrayList<>();

    /** The path of the port within its Service, e.g. {@code spec.ports[http]}; unnamed ports go by their protocol. */
    static String field(ServicePortName name) {
        return "spec.ports[" + (name.port().isEmpty() ? name.protocol().toString() : name.port()) + "]";
    }

    /** Notes a refusal; the first one of a port is kept, because the others mostly follow from it. */
    public void refused(ServicePortName name, String what, Exception error) {
        byPort.putIfAbsent(
                name,
                Problem.skipped(
                        ObjectRef.service(name.service()),
                        field(name),
                        what + " was refused; it is tried again at the next sync: " + error.getMessage()));
    }

    /** Notes something that could not be removed. */
    public void leftOver(KernelObject object, Exception error) {
        leftovers.add(Problem.ignored(
                ObjectRef.kernel(object),
                "",
                "could not be removed; it is tried again at the next sync: " + error.getMessage()));
    }

    public void forget(Set<ServicePortName> names) {
        byPort.keySet().removeAll(names);
        leftovers.clear();
    }

    public void clear() {
        byPort.clear();
        leftovers.clear();
    }

    public boolean has(ServicePortName name) {
        return byPort.containsKey(name);
    }

    public boolean isEmpty() {
        return byPort.isEmpty();
    }

    public List<Problem> list() {
        List<Problem> all = new ArrayList<>(byPort.values());
        all.addAll(leftovers);
        return all;
    }
}
