// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.model;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.Protocol;
import java.util.LinkedHashSet;
import java.util.Set;

/** What a client connects to in order to reach a service port. */
public sealed interface Portal {

    Protocol protocol();

    int port();

    /** A cluster, external or load balancer address. */
    record Address(Protocol protocol, IpAddress address, int port) implements Portal {
        /** Written out, like {@link #hashCode}, since the proxy looks it up for each connection. */
        @Override
        public boolean equals(Object other) {
            return other instanceof Address that
                    && port == that.port
                    && protocol == that.protocol
                    && address.equals(that.address);
        }

        @Override
        public int hashCode() {
            return (address.hashCode() * 31 + port) * 31 + protocol.hashCode();
        }

        @Override
        public String toString() {
            return address.withPort(port) + "/" + protocol;
        }
    }

    /** A port on every address of the node that serves node ports. */
    record NodePort(Protocol protocol, int port) implements Portal {
        @Override
        public String toString() {
            return "node port " + port + "/" + protocol;
        }
    }

    /** The portals of {@code service}, the one of its cluster address first. */
    static Set<Portal> of(ServicePort service) {
        Set<Portal> portals = new LinkedHashSet<>();
        portals.add(service.portal(service.clusterIp()));
        if (service.nodePort() != 0) {
            portals.add(new NodePort(service.protocol(), service.nodePort()));
        }
        service.externalIps().forEach(address -> portals.add(service.portal(address)));
        service.loadBalancerVips().forEach(address -> portals.add(service.portal(address)));
        return portals;
    }
}
