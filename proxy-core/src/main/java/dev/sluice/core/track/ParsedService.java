// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.track;

import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ServicePort;
import java.util.List;

/**
 * A parsed Service in one address family.
 *
 * @param declared the service ports, in the order of {@code spec.ports}; empty when the proxy does not serve it
 * @param problems what is left out, and why
 */
record ParsedService(List<DeclaredPort> declared, List<Problem> problems) {

    /** No ports and no problems. */
    static final ParsedService NONE = new ParsedService(List.of(), List.of());

    ParsedService {
        declared = List.copyOf(declared);
        problems = List.copyOf(problems);
    }

    List<ServicePort> ports() {
        return declared.stream().map(DeclaredPort::port).toList();
    }

    /**
     * A service port as its Service declares it, whether or not another Service holds one of its portals.
     *
     * @param index its place in {@code spec.ports}
     */
    record DeclaredPort(int index, ServicePort port) {}
}
