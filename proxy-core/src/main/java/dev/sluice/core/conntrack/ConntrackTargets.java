// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.conntrack;

import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.net.SocketAddress;
import java.util.Set;
import java.util.stream.Collectors;

/** The addresses to which conntrack entries of a service port may lead, by mode. */
@FunctionalInterface
public interface ConntrackTargets {

    /** Empty when no entry may lead anywhere. */
    Set<SocketAddress> of(ResolvedPort port);

    /**
     * The endpoints, in the modes in which the kernel carries the traffic. All endpoints count, wherever they are:
     * neither a policy nor a topology hint cuts what exists. A UDP entry must lead to an endpoint that answers, ready
     * or not. An SCTP association has an end of its own, so it stays as long as the endpoint exists.
     */
    static ConntrackTargets endpoints() {
        return port -> port.endpoints().all().stream()
                .filter(port.name().protocol() == Protocol.SCTP ? endpoint -> true : Endpoint::serving)
                .map(Endpoint::socketAddress)
                .collect(Collectors.toUnmodifiableSet());
    }
}
