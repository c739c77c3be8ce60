// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.sync;

import dev.sluice.core.model.ServicePortName;
import java.util.Set;

/**
 * The service ports that may differ between the last successful sync and now. A named port may be new, changed or
 * deleted.
 *
 * @param everything whether the backend must compare its whole state with the kernel's; {@code ports} is empty then
 */
public record Changes(boolean everything, Set<ServicePortName> ports) {

    public Changes {
        ports = Set.copyOf(ports);
    }

    /** Compare everything with the kernel, and repair. */
    public static Changes all() {
        return new Changes(true, Set.of());
    }

    public static Changes of(Set<ServicePortName> ports) {
        return new Changes(false, ports);
    }

    public boolean isEmpty() {
        return !everything && ports.isEmpty();
    }
}
