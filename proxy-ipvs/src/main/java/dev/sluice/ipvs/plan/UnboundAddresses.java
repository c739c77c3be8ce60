// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.plan;

import dev.sluice.core.model.AddressOwner;
import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ServicePort;
import dev.sluice.core.net.IpAddress;
import dev.sluice.linux.ipvs.VirtualServerKey;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The external addresses of a service port that must not be bound, because another node or an endpoint has them or may
 * have them, and the virtual servers at bound addresses that serve them.
 */
final class UnboundAddresses {
    /** Of the addresses of a load balancer that names all nodes, as many stand in an Event. */
    private static final int NAMED = 3;

    private final ServicePort service;
    private final NodeView node;

    UnboundAddresses(ServicePort service, NodeView node) {
        this.service = service;
        this.node = node;
    }

    /** Whether {@code address} is one of them; the node's own addresses are not. */
    boolean contains(IpAddress address) {
        return !node.elsewhere().contains(address)
                && (service.addresses().owners().containsKey(address) || !node.mayBind(address));
    }

    /**
     * The virtual server that treats a packet as one at an external address would. Only without a Local policy that is
     * the one of the cluster address; otherwise one of a node port, or of an external address that is bound. Source
     * ranges are checked before the translation, so those of another load balancer address must not apply as well.
     */
    Optional<VirtualServerKey> target() {
        if (!service.externalPolicyLocal() && !service.internalPolicyLocal()) {
            return Optional.of(key(service.clusterIp(), service.port()));
        }
        Optional<VirtualServerKey> nodePort = service.nodePort() == 0
                ? Optional.empty()
                : node.nodePortAddress().map(address -> key(address, service.nodePort()));
        return nodePort.or(() -> otherAddresses()
                .filter(address -> !contains(address))
                .findFirst()
                .map(address -> key(address, service.port())));
    }

    private Stream<IpAddress> otherAddresses() {
        return service.sourceRanges().isEmpty()
                ? Stream.concat(service.externalIps().stream(), service.loadBalancerVips().stream())
                : service.externalIps().stream()
                        .filter(address -> !service.loadBalancerVips().contains(address));
    }

    /** Whether the node and its Pods go to the cluster address, which has all endpoints, instead of the target. */
    boolean isShortCircuited() {
        return service.externalPolicyLocal() && !service.internalPolicyLocal();
    }

    private VirtualServerKey key(IpAddress address, int port) {
        return new VirtualServerKey(service.protocol(), address, port);
    }

    /** One problem for all of {@code addresses} that others are known to have. */
    Optional<Problem> problem(List<IpAddress> addresses, String field) {
        List<String> owned = addresses.stream()
                .filter(address ->
                        contains(address) && service.addresses().owners().containsKey(address))
                .map(this::withOwner)
                .toList();
        if (owned.isEmpty()) {
            return Optional.empty();
        }
        String unbound = listed(owned) + (owned.size() == 1 ? " is" : " are")
                + " not bound to kube-ipvs0, where that would cut the owner off from this node; the Service is ";
        ObjectRef object = ObjectRef.service(service.name().service());
        if (target().isPresent()) {
            return Optional.of(Problem.ignored(
                    object, field, unbound + "served there all the same; remove the address if it is not meant"));
        }
        String who = isShortCircuited() ? "served there for this node and its Pods only" : "not served there";
        return Optional.of(Problem.skipped(
                object,
                field,
                unbound + who
                        + ": under a Local traffic policy that takes a node port, or another address of the Service"));
    }

    private String withOwner(IpAddress address) {
        AddressOwner owner = service.addresses().owners().get(address);
        return owner == null ? address.toString() : address + " (" + owner.text() + ")";
    }

    private static String listed(List<String> owned) {
        String first = String.join(", ", owned.subList(0, Math.min(NAMED, owned.size())));
        return owned.size() <= NAMED ? first : first + " and " + (owned.size() - NAMED) + " more";
    }
}
