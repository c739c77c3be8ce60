// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.scenario;

import dev.sluice.core.model.Weight;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A Service of a scenario with its EndpointSlices. Addresses are taken from the {@link Allotment} of the run. */
public final class ServiceTemplate {
    private final String name;
    private final List<Port> ports = new ArrayList<>();
    private final List<SliceTemplate> slices = new ArrayList<>();
    private final Map<String, String> labels = new LinkedHashMap<>();
    private final Map<String, String> annotations = new LinkedHashMap<>();
    private final Map<String, String> spec = new LinkedHashMap<>();
    private String namespaceSuffix = "";
    private String address;
    private @Nullable String literalClusterIp;
    private boolean nodePorts;
    private final OutsideAddresses outside;
    private int literalNodePort;
    private boolean bothFamilies;
    private boolean healthCheck;

    private record Port(String name, Protocol protocol, int number, int target, String nodePortOf) {}

    private ServiceTemplate(String name) {
        this.name = name;
        this.address = name;
        this.outside = new OutsideAddresses(name);
    }

    public static ServiceTemplate service(String name) {
        return new ServiceTemplate(name);
    }

    /** Adds an unnamed TCP port. */
    public ServiceTemplate port(int number, int target) {
        return port("", Protocol.TCP, number, target);
    }

    public ServiceTemplate port(String portName, Protocol protocol, int number, int target) {
        ports.add(new Port(portName, protocol, number, target, nodePortName(name, number)));
        return this;
    }

    /** The name of a Service port's node port in the {@link Allotment}. */
    static String nodePortName(String service, int port) {
        return service + ":" + port;
    }

    /** Adds ready endpoints for every port given before, in one slice. */
    public ServiceTemplate on(String... pods) {
        return on(List.of(pods).stream().map(EndpointTemplate::endpoint).toArray(EndpointTemplate[]::new));
    }

    /** Adds endpoints for every port given before, in one slice. */
    public ServiceTemplate on(EndpointTemplate... endpoints) {
        SliceTemplate slice = SliceTemplate.slice(name, "s" + slices.size());
        ports.forEach(p -> slice.port(p.name(), p.protocol(), p.target()));
        return slice(slice.endpoints(endpoints));
    }

    /** Adds ready endpoints for every port given before, each Pod with its weight in its own slice. */
    public ServiceTemplate weighted(Map<String, Integer> weights) {
        new TreeMap<>(weights).forEach((pod, weight) -> {
            SliceTemplate slice = SliceTemplate.slice(name, pod).annotation(Weight.ANNOTATION, String.valueOf(weight));
            ports.forEach(p -> slice.port(p.name(), p.protocol(), p.target()));
            slice(slice.on(pod));
        });
        return this;
    }

    public ServiceTemplate slice(SliceTemplate slice) {
        slices.add(slice);
        return this;
    }

    public ServiceTemplate label(String key, String value) {
        labels.put(key, value);
        return this;
    }

    public ServiceTemplate annotation(String key, String value) {
        annotations.put(key, value);
        return this;
    }

    /** Sets a field of {@code spec}, with its value as YAML. */
    public ServiceTemplate spec(String field, String yaml) {
        spec.put(field, yaml);
        return this;
    }

    /** Sets type NodePort, with an allotted node port for every port. */
    public ServiceTemplate nodePort() {
        spec.putIfAbsent("type", "NodePort");
        nodePorts = true;
        return this;
    }

    /** Requests for all ports of this Service the node port of another Service's port. */
    public ServiceTemplate nodePortOf(String service, int port) {
        ports.replaceAll(p -> new Port(p.name(), p.protocol(), p.number(), p.target(), nodePortName(service, port)));
        return nodePort();
    }

    /** Sets a node port as written. */
    public ServiceTemplate literalNodePort(int number) {
        literalNodePort = number;
        return this;
    }

    /** Sets type LoadBalancer, with node ports and an allotted ingress address. */
    public ServiceTemplate loadBalancer() {
        spec.put("type", "LoadBalancer");
        nodePorts = true;
        outside.ingress("");
        return this;
    }

    /** Does the same as {@link #loadBalancer()}, with {@code ipMode} in the status. */
    public ServiceTemplate loadBalancer(String ipMode) {
        loadBalancer();
        outside.ingress(", ipMode: " + ipMode);
        return this;
    }

    /** Sets type LoadBalancer, with a load balancer that has a hostname instead of an address. */
    public ServiceTemplate loadBalancerHostname() {
        loadBalancerPending();
        outside.hostname();
        return this;
    }

    /** Sets type LoadBalancer, with a load balancer that has no address yet. */
    public ServiceTemplate loadBalancerPending() {
        loadBalancer();
        outside.noIngress();
        return this;
    }

    /** Adds an allotted ingress address to the status, whatever the type. */
    public ServiceTemplate ingress() {
        outside.ingress("");
        return this;
    }

    /** Adds the ingress address that is allotted to {@code service}. */
    public ServiceTemplate moreIngress(String service) {
        outside.moreIngress(service);
        return this;
    }

    /** Sets ingress addresses as written, and type LoadBalancer with node ports. */
    public ServiceTemplate loadBalancerAt(String... literals) {
        loadBalancerPending();
        outside.literalIngress(literals);
        return this;
    }

    /** Adds an ingress address of the family that the Service does not have. */
    public ServiceTemplate otherIngress() {
        outside.otherFamily();
        return this;
    }

    /** Uses the load balancer's or external address of that Service instead of its own. */
    public ServiceTemplate outsideOf(String service) {
        outside.of(service);
        return this;
    }

    /** Adds external IPs as written, before the allotted one if there is one. */
    public ServiceTemplate externalIps(String... literals) {
        outside.literalExternalIps(literals);
        return this;
    }

    /** Sets type LoadBalancer, external policy Local, and an allotted health check node port. */
    public ServiceTemplate healthCheck() {
        spec.put("externalTrafficPolicy", "Local");
        healthCheck = true;
        return loadBalancer();
    }

    /** The name of a Service's health check node port in the {@link Allotment}. */
    public static String healthCheckName(String service) {
        return service + ":health";
    }

    /** Adds an allotted external IP. */
    public ServiceTemplate externalIp() {
        outside.externalIp();
        return this;
    }

    /** Uses the cluster IP of that name instead of its own. */
    public ServiceTemplate address(String other) {
        address = other;
        return this;
    }

    /** Sets a cluster IP as written, e.g. {@code None}. */
    public ServiceTemplate clusterIp(String literal) {
        literalClusterIp = literal;
        return this;
    }

    /** Puts the Service into another Kubernetes namespace than the scenario's other Services. */
    public ServiceTemplate inOtherNamespace() {
        namespaceSuffix = "-other";
        return this;
    }

    public ServiceTemplate dualStack() {
        bothFamilies = true;
        return this;
    }

    /** The manifests of the Service and its slices, each with a document separator before it. */
    public String yaml(Allotment allotment) {
        String namespace = allotment.namespace() + namespaceSuffix;
        List<IpFamily> families = bothFamilies ? List.of(IpFamily.IPV4, IpFamily.IPV6) : List.of(allotment.family());
        StringBuilder s = new StringBuilder("---\napiVersion: v1\nkind: Service\nmetadata:\n");
        s.append("  name: ")
                .append(name)
                .append("\n  namespace: ")
                .append(namespace)
                .append("\n  labels:\n");
        s.append("    lab: sluice\n");
        labels.forEach(
                (k, v) -> s.append("    ").append(k).append(": \"").append(v).append("\"\n"));
        s.append(annotations.isEmpty() ? "" : "  annotations:\n");
        annotations.forEach(
                (k, v) -> s.append("    ").append(k).append(": \"").append(v).append("\"\n"));
        s.append("spec:\n");
        clusterIps(s, allotment, families);
        spec.forEach((k, v) -> s.append("  ").append(k).append(": ").append(v).append('\n'));
        if (healthCheck) {
            s.append("  healthCheckNodePort: ")
                    .append(allotment.nodePort(healthCheckName(name)))
                    .append('\n');
        }
        s.append(outside.externalIps(allotment, families));
        s.append("  ports:\n");
        ports.forEach(p -> s.append(port(p, allotment)));
        s.append(outside.status(allotment, families));
        families.forEach(f -> slices.forEach(slice -> s.append(slice.yaml(namespace, f))));
        return s.toString();
    }

    private void clusterIps(StringBuilder s, Allotment allotment, List<IpFamily> families) {
        if (literalClusterIp != null) {
            s.append("  clusterIP: \"").append(literalClusterIp).append("\"\n");
            s.append("  clusterIPs: [\"").append(literalClusterIp).append("\"]\n");
        } else {
            s.append("  clusterIP: \"")
                    .append(allotment.clusterIp(address, families.getFirst()))
                    .append("\"\n");
            s.append("  clusterIPs: [")
                    .append(families.stream()
                            .map(f -> "\"" + allotment.clusterIp(address, f) + "\"")
                            .collect(Collectors.joining(", ")))
                    .append("]\n");
        }
        s.append("  ipFamilies: [")
                .append(families.stream().map(IpFamily::label).collect(Collectors.joining(", ")))
                .append("]\n");
    }

    private String port(Port port, Allotment allotment) {
        StringBuilder s = new StringBuilder("  - {");
        if (!port.name().isEmpty()) {
            s.append("name: ").append(port.name()).append(", ");
        }
        s.append("protocol: ").append(port.protocol()).append(", port: ").append(port.number());
        s.append(", targetPort: ").append(port.target());
        if (literalNodePort != 0) {
            s.append(", nodePort: ").append(literalNodePort);
        } else if (nodePorts) {
            s.append(", nodePort: ").append(allotment.nodePort(port.nodePortOf()));
        }
        return s.append("}\n").toString();
    }
}
