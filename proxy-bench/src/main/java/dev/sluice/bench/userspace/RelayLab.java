// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.bench.userspace;

import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.daemon.DaemonOptions;
import dev.sluice.testkit.daemon.DaemonProcess;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.LabHost;
import dev.sluice.testkit.lab.TemporaryFolder;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A lab whose node runs the daemon in userspace mode with one Service, between a client and a server Pod on that node.
 */
final class RelayLab implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final String SERVER = "a2";
    private static final String CLIENT = "a3";
    private static final String SERVICE = "10.96.77.1";

    private final TemporaryFolder folder = new TemporaryFolder("sluice-bench");
    private final Lab lab;
    private @Nullable LoadServer server;
    private @Nullable DaemonProcess daemon;

    /**
     * @param processor of the daemon
     * @param javaOptions further options of the daemon's JVM
     */
    RelayLab(int processor, String javaOptions) throws IOException {
        lab = Lab.create();
        try {
            for (String host : List.of(LabAddresses.NODE_A, SERVER, CLIENT)) {
                tune(lab.host(host));
            }
            server = new LoadServer(lab.pod(SERVER));
            Path manifests = Files.createDirectory(folder.resolve("manifests"));
            Files.writeString(manifests.resolve("service.yaml"), manifest());
            DaemonOptions options = new DaemonOptions(
                    ProxyMode.USERSPACE,
                    List.of("--manifests", manifests.toString()),
                    List.of("--cluster-cidr=" + LabAddresses.CLUSTER_CIDR));
            DaemonProcess started = DaemonProcess.start(
                    lab.node(),
                    options,
                    folder.resolve("log"),
                    Map.of("SLUICE_JAVA_OPTS", "-XX:ActiveProcessorCount=1 " + javaOptions));
            daemon = started;
            lab.node()
                    .run("taskset", "-a", "-c", "-p", Integer.toString(processor), Long.toString(started.pid()))
                    .orThrow();
            started.awaitReady(PATIENCE, IpFamily.IPV4);
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    /** Keeps the remains of thousands of short connections a second from piling up. */
    private static void tune(LabHost host) {
        host.run(
                        "sysctl",
                        "-q",
                        "-w",
                        "net.ipv4.ip_local_port_range=10000 65535",
                        "net.ipv4.tcp_max_tw_buckets=1000",
                        "net.core.somaxconn=4096")
                .orThrow();
        // only where connections are tracked
        host.run(
                "sysctl",
                "-q",
                "-w",
                "net.netfilter.nf_conntrack_tcp_timeout_time_wait=1",
                "net.netfilter.nf_conntrack_tcp_timeout_close=1",
                "net.netfilter.nf_conntrack_tcp_timeout_last_ack=1");
    }

    private static String manifest() {
        return """
            apiVersion: v1
            kind: Service
            metadata: {namespace: bench, name: load}
            spec:
              clusterIP: %1$s
              ports:
              - {name: sink, protocol: TCP, port: %3$d}
              - {name: requests, protocol: TCP, port: %4$d}
              - {name: http, protocol: TCP, port: %5$d}
              - {name: datagrams, protocol: UDP, port: %4$d}
            ---
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata: {namespace: bench, name: load-1, labels: {kubernetes.io/service-name: load}}
            addressType: IPv4
            ports:
            - {name: sink, protocol: TCP, port: %3$d}
            - {name: requests, protocol: TCP, port: %4$d}
            - {name: http, protocol: TCP, port: %5$d}
            - {name: datagrams, protocol: UDP, port: %4$d}
            endpoints: [{addresses: ["%2$s"], conditions: {ready: true}}]
            """.formatted(SERVICE, endpoint(), LoadServer.SINK, LoadServer.REQUESTS, LoadServer.HTTP);
    }

    /** The address of the server Pod. */
    static String endpoint() {
        return LabAddresses.of(SERVER, IpFamily.IPV4).toString();
    }

    static InetSocketAddress direct(int port) {
        return new InetSocketAddress(endpoint(), port);
    }

    static InetSocketAddress service(int port) {
        return new InetSocketAddress(SERVICE, port);
    }

    LabHost node() {
        return lab.node();
    }

    Path folder() {
        return folder.path();
    }

    LoadServer server() {
        LoadServer present = server;
        if (present == null) {
            throw new IllegalStateException("closed");
        }
        return present;
    }

    LoadClient client() {
        return new LoadClient(lab.pod(CLIENT));
    }

    /** A connection of the client Pod that has been answered once. */
    SocketChannel connect(InetSocketAddress target) throws IOException {
        SocketChannel channel = lab.pod(CLIENT).call(() -> SocketChannel.open(StandardProtocolFamily.INET));
        channel.connect(target);
        IdleMemoryBench.ask(channel);
        return channel;
    }

    /** The output of {@code command}, run in the client Pod. */
    String run(String... command) {
        return lab.pod(CLIENT).run(command).orThrow();
    }

    DaemonProcess daemon() {
        DaemonProcess present = daemon;
        if (present == null) {
            throw new IllegalStateException("closed");
        }
        return present;
    }

    @Override
    public void close() throws IOException {
        if (daemon != null) {
            daemon.close();
        }
        if (server != null) {
            server.close();
        }
        lab.close();
        folder.close();
    }
}
