// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.handback;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.upstream.UpstreamPort;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The Service of the drill, a TCP and a UDP port in both families, as manifests and as kube-proxy's rules. */
final class HandedService {
    static final int TCP_PORT = 80;
    static final int UDP_PORT = 53;
    static final int NODE_PORT = 30080;
    private static final int TCP_TARGET = 8080;
    private static final int UDP_TARGET = 5353;

    private HandedService() {}

    static IpAddress address(IpFamily family) {
        return IpAddress.of(family == IpFamily.IPV4 ? "10.96.81.1" : "fd00:96::81:1");
    }

    /** The Service and its slices with the endpoints {@code pods}. */
    static String yaml(List<String> pods) {
        String service = """
            apiVersion: v1
            kind: Service
            metadata: {namespace: handback, name: web}
            spec:
              type: NodePort
              clusterIP: "%1$s"
              clusterIPs: ["%1$s", "%2$s"]
              ipFamilies: [IPv4, IPv6]
              ipFamilyPolicy: RequireDualStack
              ports:
              - {name: http, protocol: TCP, port: %3$d, targetPort: %4$d, nodePort: %5$d}
              - {name: dns, protocol: UDP, port: %6$d, targetPort: %7$d}
            """.formatted(
                address(IpFamily.IPV4), address(IpFamily.IPV6), TCP_PORT, TCP_TARGET, NODE_PORT, UDP_PORT, UDP_TARGET);
        return service
                + Stream.of(IpFamily.values())
                        .map(family -> slice(family, pods))
                        .collect(Collectors.joining());
    }

    private static String slice(IpFamily family, List<String> pods) {
        return """
            ---
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata: {namespace: handback, name: web-%1$s, labels: {kubernetes.io/service-name: web}}
            addressType: %1$s
            ports: [{name: http, protocol: TCP, port: %2$d}, {name: dns, protocol: UDP, port: %3$d}]
            endpoints: [%4$s]
            """.formatted(
                        family.label(),
                        TCP_TARGET,
                        UDP_TARGET,
                        pods.stream()
                                .map(pod -> "{addresses: [\"" + LabAddresses.of(pod, family)
                                        + "\"], conditions: {ready: true}}")
                                .collect(Collectors.joining(", ")));
    }

    /** The same for kube-proxy's rules. */
    static List<UpstreamPort> ports(IpFamily family, List<String> pods) {
        return List.of(
                port("http", Protocol.TCP, family, TCP_PORT, NODE_PORT, pods, TCP_TARGET),
                port("dns", Protocol.UDP, family, UDP_PORT, 0, pods, UDP_TARGET));
    }

    private static UpstreamPort port(
            String name, Protocol protocol, IpFamily family, int port, int nodePort, List<String> pods, int target) {
        List<UpstreamPort.Endpoint> endpoints = pods.stream()
                .map(pod -> new UpstreamPort.Endpoint(LabAddresses.of(pod, family), target))
                .toList();
        return new UpstreamPort("handback/web:" + name, protocol, address(family), port, nodePort, endpoints);
    }
}
