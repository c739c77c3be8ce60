// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.track;

import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.ProblemList;
import dev.sluice.core.model.ServicePort;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.model.Weight;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.source.ServiceObject;
import dev.sluice.core.track.ParsedService.DeclaredPort;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Parses a Service as kube-proxy 1.36 does, in one address family. Invalid parts are left out and reported with the
 * path of the field; the rest is used.
 */
final class ServiceParser {
    private static final String LOCAL = "Local";

    private final ServiceObject service;
    private final IpFamily family;
    private final ProblemList problems;

    private ServiceParser(ServiceObject service, IpFamily family) {
        this.service = service;
        this.family = family;
        this.problems = new ProblemList(ObjectRef.service(service.name()));
    }

    /** The ports of {@code service} in {@code family}. */
    static ParsedService parse(ServiceObject service, IpFamily family) {
        return new ServiceParser(service, family).parse();
    }

    private ParsedService parse() {
        if (service.type().equals("ExternalName") || service.clusterIp().equals("None")) {
            return ParsedService.NONE;
        }
        if (service.clusterIp().isEmpty()) {
            problems.skipped("spec.clusterIP", "absent; give the Service an address, or None for a headless one");
            return new ParsedService(List.of(), problems.toList());
        }
        Optional<IpAddress> clusterIp = clusterIp();
        List<DeclaredPort> ports = clusterIp.isEmpty() ? List.of() : ports(clusterIp.get());
        return new ParsedService(ports, problems.toList());
    }

    private Optional<IpAddress> clusterIp() {
        if (service.addresses().ipFamilies().isEmpty()) {
            return clusterIp("spec.clusterIP", service.clusterIp()).filter(address -> address.family() == family);
        }
        for (int i = 0; i < service.addresses().ipFamilies().size(); i++) {
            String name = service.addresses().ipFamilies().get(i);
            if (name.equals(family.label())) {
                return clusterIpOfFamily(i);
            }
            if (!name.equals(IpFamily.IPV4.label()) && !name.equals(IpFamily.IPV6.label())) {
                problems.skipped("spec.ipFamilies[" + i + "]", "'" + name + "' is not a family; want IPv4 or IPv6");
            }
        }
        return Optional.empty();
    }

    private Optional<IpAddress> clusterIpOfFamily(int index) {
        String field = "spec.clusterIPs[" + index + "]";
        List<String> all = service.addresses().clusterIps().isEmpty()
                ? List.of(service.clusterIp())
                : service.addresses().clusterIps();
        if (index >= all.size()) {
            problems.skipped(field, "absent, although spec.ipFamilies[" + index + "] is " + family);
            return Optional.empty();
        }
        Optional<IpAddress> address = clusterIp(field, all.get(index));
        if (address.isPresent() && address.get().family() != family) {
            problems.skipped(field, address.get() + " is not " + family + " as spec.ipFamilies[" + index + "] says");
            return Optional.empty();
        }
        return address;
    }

    private Optional<IpAddress> clusterIp(String field, String text) {
        Optional<IpAddress> address = IpAddress.parse(text);
        if (address.isEmpty() || address.get().isUnspecified()) {
            problems.skipped(field, "'" + text + "' cannot be a Service's address, so the Service is left out");
            return Optional.empty();
        }
        return address;
    }

    private List<DeclaredPort> ports(IpAddress clusterIp) {
        ServicePort.Addresses addresses = ServiceAddressParser.parse(service, clusterIp, problems);
        ServicePort.Policies policies = policies();
        Weight.check(service.annotations(), "weight " + Weight.DEFAULT + " applies", problems);
        List<DeclaredPort> ports = new ArrayList<>(service.ports().size());
        Set<ServicePortName> names = new HashSet<>();
        for (int i = 0; i < service.ports().size(); i++) {
            ServiceObject.Port port = service.ports().get(i);
            ServicePortName name = portName(i, port);
            if (name == null) {
                continue;
            }
            if (!names.add(name)) {
                problems.skipped("spec.ports[" + i + "].name", "'" + port.name() + "' names two ports of this Service");
                continue;
            }
            ServicePort parsed =
                    new ServicePort(name, port.port(), nodePort(i, port), addresses, policies, service.annotations());
            ports.add(new DeclaredPort(i, parsed));
        }
        return ports;
    }

    private ServicePort.Policies policies() {
        boolean externalLocal =
                externallyAccessibleBySpec() && service.policies().external().equals(LOCAL);
        boolean internalLocal = service.policies().internal().equals(LOCAL);
        return new ServicePort.Policies(
                externalLocal, internalLocal, affinitySeconds(), healthCheckNodePort(externalLocal));
    }

    private @Nullable ServicePortName portName(int index, ServiceObject.Port port) {
        if (port.port() < 1 || port.port() > 65535) {
            problems.skipped("spec.ports[" + index + "].port", port.port() + " is not a port; want 1 to 65535");
            return null;
        }
        return switch (port.protocol()) {
            case "", "TCP" -> new ServicePortName(service.name(), port.name(), Protocol.TCP);
            case "UDP" -> new ServicePortName(service.name(), port.name(), Protocol.UDP);
            case "SCTP" -> new ServicePortName(service.name(), port.name(), Protocol.SCTP);
            default -> {
                problems.skipped(
                        "spec.ports[" + index + "].protocol",
                        "'" + port.protocol() + "' is unknown; want TCP, UDP or SCTP");
                yield null;
            }
        };
    }

    private int nodePort(int index, ServiceObject.Port port) {
        if (port.nodePort() < 0 || port.nodePort() > 65535) {
            problems.ignored("spec.ports[" + index + "].nodePort", port.nodePort() + " is not a port; want 1 to 65535");
            return 0;
        }
        return port.nodePort();
    }

    private boolean externallyAccessibleBySpec() {
        return switch (service.type()) {
            case "LoadBalancer", "NodePort" -> true;
            case "", "ClusterIP" -> !service.addresses().externalIps().isEmpty();
            default -> false;
        };
    }

    private int affinitySeconds() {
        if (!service.affinity().type().equals("ClientIP")) {
            return 0;
        }
        Integer seconds = service.affinity().timeoutSeconds();
        if (seconds == null) {
            return ServicePort.DEFAULT_AFFINITY_SECONDS;
        }
        if (seconds < 1 || seconds > ServicePort.MAX_AFFINITY_SECONDS) {
            problems.ignored(
                    "spec.sessionAffinityConfig.clientIP.timeoutSeconds",
                    seconds + " is not 1 to " + ServicePort.MAX_AFFINITY_SECONDS + "; "
                            + ServicePort.DEFAULT_AFFINITY_SECONDS + " applies instead");
            return ServicePort.DEFAULT_AFFINITY_SECONDS;
        }
        return seconds;
    }

    private int healthCheckNodePort(boolean externalLocal) {
        if (!externalLocal || !service.type().equals("LoadBalancer")) {
            return 0;
        }
        int port = service.loadBalancer().healthCheckNodePort();
        if (port < 1 || port > 65535) {
            problems.ignored(
                    "spec.healthCheckNodePort",
                    port
                            + " is not a port, so the load balancer cannot ask this node for its endpoints; want 1 to 65535");
            return 0;
        }
        return port;
    }
}
