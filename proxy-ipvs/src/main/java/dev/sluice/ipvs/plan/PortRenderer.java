// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.plan;

import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.model.ResolvedPort.Disposition;
import dev.sluice.core.model.ServicePort;
import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.net.SocketAddress;
import dev.sluice.ipvs.rules.KubeSet;
import dev.sluice.ipvs.rules.ServiceRules;
import dev.sluice.ipvs.rules.SetMember;
import dev.sluice.ipvs.rules.ShortCircuit;
import dev.sluice.ipvs.rules.UnboundPortal;
import dev.sluice.linux.ipset.SetEntry;
import dev.sluice.linux.ipvs.VirtualServer;
import dev.sluice.linux.ipvs.VirtualServerKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Renders the plan of one service port. Pure: the same port on the same node gives the same plan.
 *
 * <p>Under {@code externalTrafficPolicy: Local} without local endpoints the external virtual servers hold the cluster's
 * endpoints, for traffic of this node and its Pods, while rules drop traffic from outside (set
 * {@link KubeSet#DROP_EXTERNAL}): the meaning that the policy has where rules alone carry the traffic. With local
 * endpoints they hold those alone, and a {@link ShortCircuit} leads the node and its Pods to all.
 */
final class PortRenderer {
    private final NodeView node;

    PortRenderer(NodeView node) {
        this.node = node;
    }

    PortPlan render(ResolvedPort port, Scheduling scheduling) {
        Draft draft = new Draft(port, scheduling);
        draft.clusterAddress();
        port.service().externalIps().forEach(draft::externalAddress);
        port.service().loadBalancerVips().forEach(draft::loadBalancerAddress);
        draft.nodePort();
        draft.hairpin();
        draft.unboundProblems();
        return draft.plan();
    }

    /** One plan in the making. */
    private final class Draft {
        private final ResolvedPort port;
        private final Scheduling scheduling;
        private final ServicePort service;
        private final Protocol protocol;
        private final Map<VirtualServerKey, DesiredServer> servers = new LinkedHashMap<>();
        private final Set<SetMember> members = new LinkedHashSet<>();
        private final Set<IpAddress> addresses = new LinkedHashSet<>();
        private final Set<ShortCircuit> shortCircuits = new LinkedHashSet<>();
        private final Set<UnboundPortal> unboundPortals = new LinkedHashSet<>();
        private final UnboundAddresses unbound;
        private final List<Problem> problems = new ArrayList<>();
        private final Duration drainTimeout;

        Draft(ResolvedPort port, Scheduling scheduling) {
            this.port = port;
            this.scheduling = scheduling;
            service = port.service();
            protocol = service.protocol();
            unbound = new UnboundAddresses(service, node);
            drainTimeout = DrainTimeout.of(service, problems::add);
        }

        PortPlan plan() {
            return new PortPlan(
                    new ArrayList<>(servers.values()),
                    new ArrayList<>(members),
                    new ArrayList<>(addresses),
                    new ServiceRules(List.copyOf(shortCircuits), List.copyOf(unboundPortals), Set.of()),
                    problems);
        }

        void clusterAddress() {
            IpAddress address = service.clusterIp();
            bind(address);
            addressMember(KubeSet.CLUSTER_IP, address, service.port());
            if (port.internalDisposition() == Disposition.DROP) {
                addressMember(KubeSet.DROP_INTERNAL, address, service.port());
            }
            server(address, service.port(), port.internalEndpoints());
        }

        void externalAddress(IpAddress address) {
            if (unbound.contains(address)) {
                unboundAddress(address);
                return;
            }
            bindUnlessElsewhere(address);
            KubeSet set = service.externalPolicyLocal() ? KubeSet.EXTERNAL_IP_LOCAL : KubeSet.EXTERNAL_IP;
            addressMember(set, address, service.port());
            externalServer(address, service.port());
        }

        void loadBalancerAddress(IpAddress vip) {
            if (unbound.contains(vip)) {
                unboundAddress(vip);
                if (!service.sourceRanges().isEmpty() && (unbound.target().isPresent() || unbound.isShortCircuited())) {
                    sourceRanges(vip);
                }
                return;
            }
            bindUnlessElsewhere(vip);
            addressMember(KubeSet.LOAD_BALANCER, vip, service.port());
            if (service.externalPolicyLocal()) {
                addressMember(KubeSet.LOAD_BALANCER_LOCAL, vip, service.port());
            }
            if (!service.sourceRanges().isEmpty()) {
                sourceRanges(vip);
            }
            externalServer(vip, service.port());
        }

        private void unboundAddress(IpAddress address) {
            unbound.target().ifPresent(to -> {
                addressMember(KubeSet.UNBOUND, address, service.port());
                if (service.externalPolicyLocal()) {
                    addressMember(KubeSet.UNBOUND_LOCAL, address, service.port());
                }
                unboundPortals.add(
                        new UnboundPortal(service.name(), new VirtualServerKey(protocol, address, service.port()), to));
            });
            if (unbound.isShortCircuited()) {
                shortCircuit(address, service.port());
            }
        }

        void unboundProblems() {
            unbound.problem(service.externalIps(), "spec.externalIPs").ifPresent(problems::add);
            unbound.problem(service.loadBalancerVips(), "status.loadBalancer.ingress")
                    .ifPresent(problems::add);
        }

        private void sourceRanges(IpAddress vip) {
            addressMember(KubeSet.LOAD_BALANCER_FW, vip, service.port());
            for (Cidr range : service.sourceRanges()) {
                members.add(new SetMember(
                        KubeSet.SOURCE_CIDR, new SetEntry.IpPortNet(vip, protocol, service.port(), range)));
            }
            boolean nodeAllowed = !unbound.contains(vip)
                    && node.nodeIp()
                            .filter(ip -> service.sourceRanges().stream().anyMatch(r -> r.contains(ip)))
                            .isPresent();
            if (nodeAllowed) {
                members.add(
                        new SetMember(KubeSet.SOURCE_IP, new SetEntry.IpPortIp(vip, protocol, service.port(), vip)));
            }
        }

        void nodePort() {
            if (service.healthCheckNodePort() != 0) {
                members.add(new SetMember(KubeSet.HEALTH_CHECK, new SetEntry.Port(service.healthCheckNodePort())));
            }
            if (service.nodePort() == 0) {
                return;
            }
            for (IpAddress address : node.nodePortAddresses()) {
                addressMember(KubeSet.NODE_PORT_SERVERS, address, service.nodePort());
                nodePortMembers(address);
                externalServer(address, service.nodePort());
            }
        }

        private void nodePortMembers(IpAddress address) {
            int number = service.nodePort();
            boolean local = service.externalPolicyLocal();
            switch (protocol) {
                case TCP -> portMembers(KubeSet.NODE_PORT_TCP, KubeSet.NODE_PORT_LOCAL_TCP, number, local);
                case UDP -> portMembers(KubeSet.NODE_PORT_UDP, KubeSet.NODE_PORT_LOCAL_UDP, number, local);
                case SCTP -> {
                    addressMember(KubeSet.NODE_PORT_SCTP, address, number);
                    if (local) {
                        addressMember(KubeSet.NODE_PORT_LOCAL_SCTP, address, number);
                    }
                }
            }
        }

        private void portMembers(KubeSet all, KubeSet onlyLocal, int number, boolean local) {
            members.add(new SetMember(all, new SetEntry.Port(number)));
            if (local) {
                members.add(new SetMember(onlyLocal, new SetEntry.Port(number)));
            }
        }

        void hairpin() {
            for (Endpoint endpoint : port.endpoints().all()) {
                if (endpoint.local()) {
                    members.add(new SetMember(
                            KubeSet.LOOP_BACK,
                            new SetEntry.IpPortIp(endpoint.address(), protocol, endpoint.port(), endpoint.address())));
                }
            }
        }

        private void externalServer(IpAddress address, int number) {
            boolean drop = port.externalDisposition() == Disposition.DROP;
            if (drop) {
                addressMember(KubeSet.DROP_EXTERNAL, address, number);
            }
            if (isShortCircuited()) {
                shortCircuit(address, number);
            }
            server(address, number, drop ? port.endpoints().cluster() : port.externalEndpoints());
        }

        private void shortCircuit(IpAddress address, int number) {
            addressMember(KubeSet.SHORT_CIRCUIT, address, number);
            shortCircuits.add(new ShortCircuit(
                    service.name(),
                    new VirtualServerKey(protocol, address, number),
                    new VirtualServerKey(protocol, service.clusterIp(), service.port())));
        }

        /** An internal policy Local leaves no virtual server that has all endpoints. */
        private boolean isShortCircuited() {
            return service.externalPolicyLocal()
                    && !service.internalPolicyLocal()
                    && port.externalDisposition() == Disposition.FORWARD
                    && !Set.copyOf(port.externalEndpoints())
                            .equals(Set.copyOf(port.endpoints().cluster()));
        }

        private void server(IpAddress address, int number, List<Endpoint> endpoints) {
            if (protocol == Protocol.SCTP && !port.endpoints().hasUsable()) {
                addressMember(KubeSet.NO_ENDPOINTS, address, number);
            }
            VirtualServerKey key = new VirtualServerKey(protocol, address, number);
            int flags = scheduling.choice().flags() | (service.hasAffinity() ? VirtualServer.PERSISTENT : 0);
            VirtualServer server =
                    new VirtualServer(key, scheduling.choice().scheduler(), flags, service.affinitySeconds());
            List<Endpoint> accepting = Scheduling.accepting(endpoints);
            servers.putIfAbsent(
                    key,
                    new DesiredServer(
                            server,
                            scheduling.realServers(accepting),
                            new DesiredServer.DrainPolicy(drainTimeout, answeringBeside(accepting))));
        }

        /** Endpoints that still answer, but are not for new connections: they terminate, or a policy prefers others. */
        private Set<SocketAddress> answeringBeside(List<Endpoint> endpoints) {
            List<Endpoint> all = port.endpoints().all();
            if (all.size() == endpoints.size()) {
                return Set.of();
            }
            Set<Endpoint> used = Set.copyOf(endpoints);
            return all.stream()
                    .filter(e -> e.serving() && !used.contains(e))
                    .map(Endpoint::socketAddress)
                    .collect(Collectors.toSet());
        }

        private void bindUnlessElsewhere(IpAddress address) {
            if (!node.elsewhere().contains(address)) {
                bind(address);
            }
        }

        private void bind(IpAddress address) {
            addresses.add(address);
            members.add(new SetMember(KubeSet.IPVS_IPS, new SetEntry.Ip(address)));
        }

        private void addressMember(KubeSet set, IpAddress address, int number) {
            members.add(new SetMember(set, new SetEntry.IpPort(address, protocol, number)));
        }
    }
}
