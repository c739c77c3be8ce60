// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.lab;

import dev.sluice.core.net.IpFamily;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The network lab: node-a (where the proxy under test runs), node-b, four Pods on each, and an outside client, all as
 * namespaces of this JVM, with routed links in IPv4 and IPv6. See {@link LabAddresses} for the addresses.
 *
 * <p>Every Pod answers on TCP 8080, 9090 and 5353 and on UDP 5353, and on SCTP 2905 where the kernel has that. Pod b5
 * also answers at every address of a range of its own, see {@link LabAddresses#crowd}. The lab is removed by
 * {@link #close} and by a shutdown hook; its namespaces have no names, so the kernel frees those of a JVM that was
 * killed.
 */
public final class Lab implements AutoCloseable {
    /** The TCP ports that every Pod answers on. */
    public static final List<Integer> TCP_PORTS = List.of(8080, 9090, 5353);
    /** The UDP port that every Pod answers on. */
    public static final int UDP_PORT = 5353;
    /** The SCTP port that every Pod answers on, where the kernel has SCTP sockets. */
    public static final int SCTP_PORT = 2905;
    /** A port that no Pod listens on. */
    public static final int DEAD_PORT = 9999;

    private final Map<String, LabHost> hosts = new LinkedHashMap<>();
    private final Thread hook = new Thread(this::removeAll, "lab-removal");
    private @Nullable EchoServer echo;
    private @Nullable SctpEchoServer sctp;

    private Lab(@Nullable Path tools) {
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            Stream.of(
                            List.of(LabAddresses.NODE_A, LabAddresses.NODE_B, LabAddresses.CLIENT),
                            LabAddresses.LOCAL_PODS,
                            LabAddresses.REMOTE_PODS)
                    .flatMap(List::stream)
                    .forEach(name -> hosts.put(name, new LabHost(name, tools)));
            new Topology(this).build();
            echo = new EchoServer(pods(), TCP_PORTS, List.of(UDP_PORT));
            if (NativeSocket.kernelHasSctp()) {
                sctp = new SctpEchoServer(pods(), SCTP_PORT);
            }
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /** Builds a lab; needs root and iproute2. */
    public static Lab create() {
        return new Lab(null);
    }

    /** A lab whose hosts prefer the programs in {@code tools}, see {@link LegacyTools}. */
    public static Lab create(Path tools) {
        return new Lab(tools);
    }

    /** The node of the proxy under test. */
    public LabHost node() {
        return host(LabAddresses.NODE_A);
    }

    /** The node of the remote Pods. */
    public LabHost otherNode() {
        return host(LabAddresses.NODE_B);
    }

    /** The outside client, behind node-a. */
    public LabHost client() {
        return host(LabAddresses.CLIENT);
    }

    /** Answers at TCP and UDP {@code port} of {@code host} too, such as a node, until it is closed. */
    public AutoCloseable serveAt(LabHost host, int port) {
        return new EchoServer(
                List.of(host),
                List.of(port),
                List.of(port),
                // a host has several addresses: a socket on all of them would answer from the one nearest to the client
                (at, number) -> Stream.of(IpFamily.values())
                        .map(family -> at.bindUdp(at.address(family), number))
                        .toList());
    }

    /** {@code a2} to {@code a5} on node-a, {@code b2} to {@code b5} on node-b. */
    public LabHost pod(String name) {
        return host(name);
    }

    /** A host by its name. */
    public LabHost host(String name) {
        return Objects.requireNonNull(hosts.get(name), () -> "the lab has no host " + name);
    }

    public List<LabHost> hosts() {
        return List.copyOf(hosts.values());
    }

    private List<LabHost> pods() {
        List<LabHost> pods = new ArrayList<>();
        LabAddresses.LOCAL_PODS.forEach(p -> pods.add(host(p)));
        LabAddresses.REMOTE_PODS.forEach(p -> pods.add(host(p)));
        return pods;
    }

    private synchronized void removeAll() {
        if (echo != null) {
            echo.close();
            echo = null;
        }
        if (sctp != null) {
            sctp.close();
            sctp = null;
        }
        hosts.values().forEach(LabHost::close);
    }

    @Override
    public void close() {
        removeAll();
        hosts.clear();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // the JVM is shutting down, and its hook does the work
        }
    }
}
