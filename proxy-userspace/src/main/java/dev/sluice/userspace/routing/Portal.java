package dev.sluice.userspace.routing;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.Protocol;

/** What a client connects to in order to reach a service port. */
public sealed interface Portal {

    Protocol protocol();

    int port();

    /** A cluster, external or load balancer address. */
    record Address(Protocol protocol, IpAddress address, int port) implements Portal {
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
}
