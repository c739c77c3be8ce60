// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.sync;

import dev.sluice.core.model.LocalReadiness;
import dev.sluice.core.model.ServiceName;
import dev.sluice.core.model.ServicePortName;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The responses of health check node ports after a sync.
 *
 * @param everything whether {@code services} names every Service that has such a port; otherwise only those that may
 *     differ since the last sync that reached the kernel
 * @param services the response for each Service; empty when it has no such port
 */
public record ReadinessUpdate(boolean everything, Map<ServiceName, Optional<LocalReadiness>> services) {
    /** No difference. */
    public static final ReadinessUpdate NONE = new ReadinessUpdate(false, Map.of());

    public ReadinessUpdate {
        services = Map.copyOf(services);
    }

    /** All responses; cost grows with the number of Services. */
    static ReadinessUpdate all(ProxySnapshot snapshot) {
        Map<ServiceName, Optional<LocalReadiness>> services = new HashMap<>();
        snapshot.localReadiness().forEach((service, readiness) -> services.put(service, Optional.of(readiness)));
        return new ReadinessUpdate(true, services);
    }

    /** The responses that {@code changed} may affect; cost grows with their number. */
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
