// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.lab;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import java.util.Collection;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A Service of one port in both families, with one slice for each, as manifests.
 *
 * @param number determines its cluster addresses: {@code 10.96.NUMBER.1} and {@code fd00:96::NUMBER:1}
 * @param target the port of its Pods
 */
public record DualStackService(String namespace, String name, int number, int port, int target, Protocol protocol) {

    /** A Service of TCP. */
    public DualStackService(String namespace, String name, int number, int port, int target) {
        this(namespace, name, number, port, target, Protocol.TCP);
    }

    public IpAddress address(IpFamily family) {
        return IpAddress.of(family == IpFamily.IPV4 ? "10.96." + number + ".1" : "fd00:96::" + number + ":1");
    }

    /** The Service alone, as a whole document. */
    public String service() {
        return service("", 0);
    }

    /**
     * @param annotations as {@code name: value}, separated by commas
     * @param nodePort 0 for none
     */
    public String service(String annotations, int nodePort) {
        return """
                ---
                apiVersion: v1
                kind: Service
                metadata: {namespace: %1$s, name: %2$s, annotations: {%3$s}}
                spec:
                  type: %4$s
                  clusterIP: "%5$s"
                  clusterIPs: ["%5$s", "%6$s"]
                  ipFamilies: [IPv4, IPv6]
                  ipFamilyPolicy: RequireDualStack
                  ports: [{protocol: %10$s, port: %7$d, targetPort: %8$d%9$s}]
                """.formatted(
                        namespace,
                        name,
                        annotations,
                        nodePort == 0 ? "ClusterIP" : "NodePort",
                        address(IpFamily.IPV4),
                        address(IpFamily.IPV6),
                        port,
                        target,
                        nodePort == 0 ? "" : ", nodePort: " + nodePort,
                        protocol);
    }

    /** The slices of both families: ready Pods, and {@code leaving} ones, which are terminating and still serving. */
    public String slices(Collection<String> ready, Collection<String> leaving) {
        return Stream.of(IpFamily.values())
                .map(family -> slice(family, ready, leaving))
                .collect(Collectors.joining());
    }

    /** The slice of one family. */
    public String slice(IpFamily family, Collection<String> ready, Collection<String> leaving) {
        Function<String, String> address = pod -> LabAddresses.of(pod, family).toString();
        return """
                ---
                apiVersion: discovery.k8s.io/v1
                kind: EndpointSlice
                metadata: {namespace: %1$s, name: %2$s-%3$s, labels: {kubernetes.io/service-name: %2$s}}
                addressType: %4$s
                ports: [{protocol: %7$s, port: %5$d}]
                endpoints: [%6$s]
                """.formatted(
                namespace,
                name,
                family == IpFamily.IPV4 ? "v4" : "v6",
                family.label(),
                target,
                Stream.concat(
                                ready.stream().map(address).map(a -> endpoint(a, "ready: true")),
                                leaving.stream()
                                        .map(address)
                                        .map(a -> endpoint(a, "ready: false, serving: true, terminating: true")))
                        .collect(Collectors.joining(", ")),
                protocol);
    }

    private static String endpoint(String address, String conditions) {
        return "{addresses: [\"" + address + "\"], conditions: {" + conditions + "}}";
    }
}
