// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.gap;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.LabAddresses;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * A Service of the drill.
 *
 * @param number determines its addresses
 * @param exposed whether it has a node port and a load balancer address beside its cluster address
 * @param pods the ready endpoints
 */
record WatchedService(int number, IpFamily family, int port, boolean exposed, Set<String> pods) {
    static final int PORT = 80;
    private static final int TARGET = 8080;

    WatchedService {
        pods = Set.copyOf(pods);
    }

    /** A Service on port {@value #PORT}, with a cluster address only. */
    static WatchedService inside(int number, IpFamily family, Set<String> pods) {
        return new WatchedService(number, family, PORT, false, pods);
    }

    WatchedService on(Set<String> others) {
        return new WatchedService(number, family, port, exposed, others);
    }

    WatchedService exposed(boolean outside) {
        return new WatchedService(number, family, port, outside, pods);
    }

    String name() {
        return "gap-" + number;
    }

    IpAddress clusterIp() {
        return IpAddress.of(
                family == IpFamily.IPV4
                        ? "10.112." + (number >> 8) + "." + (number & 0xff)
                        : String.format(Locale.ROOT, "fd00:112::%x", number));
    }

    private IpAddress loadBalancer() {
        return IpAddress.of(
                family == IpFamily.IPV4
                        ? "198.18." + (number >> 8) + "." + (number & 0xff)
                        : String.format(Locale.ROOT, "2001:db8:112::%x", number));
    }

    private int nodePort() {
        return 31_000 + number;
    }

    /** Paths to its cluster address, from a Pod, from the node and from outside. */
    List<CallPath> waysInside(Lab lab) {
        Allowance allowance = Allowance.of(pods);
        return List.of(
                new CallPath(name(), lab.pod("a3"), clusterIp(), port, allowance),
                new CallPath(name(), lab.node(), clusterIp(), port, allowance),
                new CallPath(name(), lab.client(), clusterIp(), port, allowance));
    }

    /** A path from a Pod whose retransmissions are not counted, because a refusal can take a second SYN. */
    List<CallPath> waysForRefusals(Lab lab) {
        return List.of(new CallPath(name(), lab.pod("a5"), clusterIp(), port, Allowance.of(pods)));
    }

    /** Paths from outside to its node port and load balancer address. */
    List<CallPath> waysOutside(Lab lab) {
        Allowance allowance = Allowance.of(pods);
        return List.of(
                new CallPath(name(), lab.client(), LabAddresses.secondOfNode(family), nodePort(), allowance),
                new CallPath(name(), lab.client(), loadBalancer(), port, allowance));
    }

    String yaml() {
        String outside = exposed ? "  type: LoadBalancer\n" : "";
        String nodePort = exposed ? ", nodePort: " + nodePort() : "";
        String status = exposed ? "status: {loadBalancer: {ingress: [{ip: \"" + loadBalancer() + "\"}]}}\n" : "";
        String endpoints = new TreeSet<>(pods)
                .stream()
                        .map(pod -> "{addresses: [\"" + LabAddresses.of(pod, family) + "\"], nodeName: "
                                + LabAddresses.nodeOf(pod) + ", conditions: {ready: true}}")
                        .collect(Collectors.joining(", "));
        return """
            ---
            apiVersion: v1
            kind: Service
            metadata: {namespace: gap, name: %1$s}
            spec:
              clusterIP: "%2$s"
              clusterIPs: ["%2$s"]
              ipFamilies: [%3$s]
            %4$s  ports: [{protocol: TCP, port: %5$d, targetPort: %6$d%7$s}]
            %8$s---
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata: {namespace: gap, name: %1$s-1, labels: {kubernetes.io/service-name: %1$s}}
            addressType: %3$s
            ports: [{protocol: TCP, port: %6$d}]
            endpoints: [%9$s]
            """.formatted(name(), clusterIp(), family.label(), outside, port, TARGET, nodePort, status, endpoints);
    }
}
