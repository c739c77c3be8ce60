package dev.sluice.core.sync;

import dev.sluice.core.model.LocalReadiness;
import dev.sluice.core.model.ServiceName;
import dev.sluice.core.model.ServicePortName;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What health check node ports answer after a sync.
 *
 * @param everything whether {@code services} names every Service that has such a port; otherwise only those that may differ
 *     since the last sync that reached the kernel
 * @param services what the port of a Service answers; empty when it has none (any more)
 */
public record ReadinessUpdate(boolean everything, Map<ServiceName, Optional<LocalReadiness>> services) {
    /** Nothing may differ. */
    public static final ReadinessUpdate NONE = new ReadinessUpdate(false, Map.of());

    public ReadinessUpdate {
        services = Map.copyOf(services);
    }

    /** The whole truth; costs what all Services cost. */
    static ReadinessUpdate all(ProxySnapshot snapshot) {
        Map<ServiceName, Optional<LocalReadiness>> services = new HashMap<>();
        snapshot.localReadiness().forEach((service, readiness) -> services.put(service, Optional.of(readiness)));
        return new ReadinessUpdate(true, services);
    }

    /** What may differ because {@code changed} do; costs what these cost. */
    static ReadinessUpdate of(ProxySnapshot snapshot, Set<ServicePortName> changed) {
        Map<ServiceName, Optional<LocalReadiness>> services = new HashMap<>();
        for (ServicePortName port : changed) {
            services.computeIfAbsent(port.service(), service -> Optional.ofNullable(snapshot.localReadiness(service)));
        }
        return new ReadinessUpdate(false, services);
    }

    public boolean isEmpty() {
        return !everything && services.isEmpty();
    }
}
