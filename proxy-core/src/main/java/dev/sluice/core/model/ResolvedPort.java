// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.model;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import java.util.List;
import java.util.Map;

/** A service port with the endpoints that this node may use for it: the unit of rendering. */
public record ResolvedPort(ServicePort service, EndpointSet endpoints) {

    public ServicePortName name() {
        return service.name();
    }

    public IpFamily family() {
        return service.family();
    }

    /** This port with what is known of the other owners of its addresses. */
    public ResolvedPort withOwners(Map<IpAddress, AddressOwner> owners) {
        ServicePort owned = service.withOwners(owners);
        return owned.equals(service) ? this : new ResolvedPort(owned, endpoints);
    }

    /** The endpoints for traffic to the cluster address. */
    public List<Endpoint> internalEndpoints() {
        return service.internalPolicyLocal() ? endpoints.local() : endpoints.cluster();
    }

    /** The endpoints for traffic from outside to node ports, external and load balancer addresses. */
    public List<Endpoint> externalEndpoints() {
        return service.externalPolicyLocal() ? endpoints.local() : endpoints.cluster();
    }

    /** How traffic to the cluster address is treated. */
    public Disposition internalDisposition() {
        return Disposition.of(endpoints.hasUsable(), internalEndpoints());
    }

    /** How traffic from outside to node ports, external and load balancer addresses is treated. */
    public Disposition externalDisposition() {
        return Disposition.of(endpoints.hasUsable(), externalEndpoints());
    }

    /** How a portal treats a new connection. */
    public enum Disposition {
        /** Forwarded to an endpoint. */
        FORWARD,
        /** Dropped: endpoints exist, but none that the policy allows. Load balancers find out by the health check. */
        DROP,
        /** Refused: there is no usable endpoint at all. */
        REJECT;

        static Disposition of(boolean hasUsable, List<Endpoint> allowed) {
            if (!hasUsable) {
                return REJECT;
            }
            return allowed.isEmpty() ? DROP : FORWARD;
        }
    }
}
