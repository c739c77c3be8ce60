// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.lab;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The addresses of the lab's hosts. The manifests in {@code examples/} use the same ones. */
public final class LabAddresses {
    /** {@code --cluster-cidr} of the lab. */
    public static final String CLUSTER_CIDR = "10.244.0.0/16,fd00:244::/32";

    /** Source ports for callers that choose one; the kernel gives them to no other socket. */
    public static final int FIRST_SOURCE_PORT = 41_000;

    public static final int LAST_SOURCE_PORT = 41_999;

    public static final String NODE_A = "node-a";
    public static final String NODE_B = "node-b";
    public static final String CLIENT = "client";
    /** Pods on node-a. */
    public static final List<String> LOCAL_PODS = List.of("a2", "a3", "a4", "a5");
    /** Pods on node-b. */
    public static final List<String> REMOTE_PODS = List.of("b2", "b3", "b4", "b5");

    private static final Map<String, List<String>> HOSTS = Map.of(
            NODE_A, List.of("192.168.10.1", "fd00:10::1"),
            NODE_B, List.of("192.168.10.2", "fd00:10::2"),
            CLIENT, List.of("192.168.20.9", "fd00:20::9"));

    private LabAddresses() {}

    /** The primary address of a host: {@code node-a}, {@code node-b}, {@code client}, {@code a2} to {@code b5}. */
    public static IpAddress of(String host, IpFamily family) {
        List<String> known = HOSTS.get(host);
        if (known != null) {
            return IpAddress.of(known.get(family == IpFamily.IPV4 ? 0 : 1));
        }
        if (!LOCAL_PODS.contains(host) && !REMOTE_PODS.contains(host)) {
            throw new IllegalArgumentException("the lab has no host " + host);
        }
        return pod(host, family);
    }

    /** The address of node-a towards the outside client, its second one. */
    public static IpAddress secondOfNode(IpFamily family) {
        return IpAddress.of(family == IpFamily.IPV4 ? "192.168.20.1" : "fd00:20::1");
    }

    /** Every address that a Pod or client may see when node-a masquerades. */
    public static List<IpAddress> allOfNode(IpFamily family) {
        return List.of(of(NODE_A, family), secondOfNode(family));
    }

    /** An address routed to a Pod that drops the packets: no answer, no error. */
    public static IpAddress blackHole(IpFamily family) {
        return IpAddress.of(family == IpFamily.IPV4 ? "10.244.1.99" : "fd00:244:1::99");
    }

    /**
     * One of many addresses at which Pod b5 answers, for Services with more endpoints than there are Pods.
     *
     * @param number 0 to 65535
     */
    public static IpAddress crowd(int number, IpFamily family) {
        return IpAddress.of(
                family == IpFamily.IPV4
                        ? "198.18." + number / 256 + "." + number % 256
                        : String.format(Locale.ROOT, "fd00:244:3::1:%x", number));
    }

    /**
     * One of many addresses that the outside client may call from, where many clients are needed.
     *
     * @param number 0 to 65535
     */
    public static IpAddress manyClients(int number, IpFamily family) {
        return IpAddress.of(
                family == IpFamily.IPV4
                        ? "198.19." + number / 256 + "." + number % 256
                        : String.format(Locale.ROOT, "fd00:20:1::1:%x", number));
    }

    /** The interface of node-a that packets of {@code host} arrive through; empty for node-a itself. */
    public static String interfaceTo(String host) {
        if (host.equals(NODE_A)) {
            return "";
        }
        return LOCAL_PODS.contains(host) ? "pod-" + host : host.equals(CLIENT) ? "eth1" : "eth0";
    }

    /** The node of a Pod, or of what runs on the node's own addresses. */
    public static String nodeOf(String pod) {
        return pod.startsWith("a") || pod.equals(NODE_A) ? NODE_A : NODE_B;
    }

    private static IpAddress pod(String name, IpFamily family) {
        char net = name.charAt(0) == 'a' ? '1' : '2';
        char host = name.charAt(1);
        return IpAddress.of(family == IpFamily.IPV4 ? "10.244." + net + "." + host : "fd00:244:" + net + "::" + host);
    }
}
