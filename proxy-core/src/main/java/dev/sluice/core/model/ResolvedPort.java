package dev.sluice.core.model;

import dev.sluice.core.net.IpFamily;
import java.util.List;

/** A service port with the endpoints that this node may use for it: the unit of rendering. */
public record ResolvedPort(ServicePort service, EndpointSet endpoints) {

    public ServicePortName name() {
        return service.name();
    }

    public IpFamily family() {
        return service.family();
    }

    /** The endpoints for traffic to the cluster address. */
    public List<Endpoint> internalEndpoints() {
        return service.internalPolicyLocal() ? endpoints.local() : endpoints.cluster();
    }

    /** The endpoints for traffic from outside to node ports, external and load balancer addresses. */
    public List<Endpoint> externalEndpoints() {
        return service.externalPolicyLocal() ? endpoints.local() : endpoints.cluster();
    }

    /** What happens to traffic for the cluster address. */
    public Disposition internalDisposition() {
        return Disposition.of(endpoints.hasUsable(), internalEndpoints());
    }

    /** What happens to traffic from outside for node ports, external and load balancer addresses. */
    public Disposition externalDisposition() {
        return Disposition.of(endpoints.hasUsable(), externalEndpoints());
    }

    /** What a service address does with a new connection. */
    public enum Disposition {
        /** It goes to an endpoint. */
        FORWARD,
        /** Endpoints exist, but none that the policy allows: silently dropped, so that a health check decides. */
        DROP,
        /** There is no usable endpoint at all: refused at once. */
        REJECT;

        static Disposition of(boolean hasUsable, List<Endpoint> allowed) {
            if (!hasUsable) {
                return REJECT;
            }
            return allowed.isEmpty() ? DROP : FORWARD;
        }
    }
}
