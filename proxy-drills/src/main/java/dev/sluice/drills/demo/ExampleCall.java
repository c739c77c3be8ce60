// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.demo;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.testkit.lab.LabAddresses;
import java.util.ArrayList;
import java.util.List;

/**
 * Calls to one service address.
 *
 * @param from the host that calls
 * @param pods the Pods of the Service, each of which has to answer at least once
 */
record ExampleCall(
        String from, String service, String kind, IpAddress address, int port, Protocol protocol, List<String> pods) {

    /** The calls that the manifests in {@code examples/} must answer, in both families. */
    static List<ExampleCall> ofExamples() {
        List<ExampleCall> calls = new ArrayList<>();
        for (IpFamily family : IpFamily.values()) {
            boolean v4 = family == IpFamily.IPV4;
            List<String> api = List.of("a3", "b2", "b3");
            List<String> front = List.of("a2", "a3", "b2");
            List<String> dns = List.of("a5", "b5");
            calls.add(tcp("a4", "shop/api", "ClusterIP", v4 ? "10.96.0.60" : "fd00:96::60", 80, api));
            calls.add(tcp("node-a", "shop/api", "ClusterIP", v4 ? "10.96.0.60" : "fd00:96::60", 80, api));
            calls.add(new ExampleCall(
                    "a4",
                    "kube-system/kube-dns",
                    "ClusterIP",
                    IpAddress.of(v4 ? "10.96.0.10" : "fd00:96::a"),
                    53,
                    Protocol.UDP,
                    dns));
            calls.add(new ExampleCall(
                    "client",
                    "shop/api",
                    "NodePort",
                    LabAddresses.of(LabAddresses.NODE_A, family),
                    30080,
                    Protocol.TCP,
                    api));
            calls.add(tcp("client", "shop/front", "LoadBalancer", v4 ? "203.0.113.10" : "2001:db8:113::10", 80, front));
        }
        return calls;
    }

    private static ExampleCall tcp(
            String from, String service, String kind, String address, int port, List<String> pods) {
        return new ExampleCall(from, service, kind, IpAddress.of(address), port, Protocol.TCP, pods);
    }

    String destination() {
        return address.withPort(port) + "/" + protocol;
    }
}
