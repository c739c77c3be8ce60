// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.bench.userspace;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.socket.ResourceLimits;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.LabHost;
import dev.sluice.testkit.lab.TextFile;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;

/** haproxy and nginx on the node, each with one thread on one processor, in front of the same endpoint. */
final class RelayPeers implements AutoCloseable {
    /** Where each listens, as an offset to the port of the {@link LoadServer}. */
    static final int HAPROXY = 1000;

    static final int HAPROXY_SPLICE = 2000;
    static final int NGINX = 3000;
    private static final String NODE =
            LabAddresses.of(LabAddresses.NODE_A, IpFamily.IPV4).toString();

    private static final long MOST_CONNECTIONS = 16_000;
    /** Two sockets, and the pipes that haproxy reserves for splicing. */
    private static final int FILES_EACH = 3;

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Process haproxy;
    private final Process nginx;

    RelayPeers(LabHost node, String endpoint, Path folder, int processor) throws IOException {
        Path haproxyConfig = Files.writeString(folder.resolve("haproxy.cfg"), haproxyText(endpoint));
        Path nginxConfig = Files.writeString(folder.resolve("nginx.conf"), nginxText(endpoint, folder));
        haproxy = start(node, processor, folder, "haproxy", "-db", "-f", haproxyConfig.toString());
        nginx = start(node, processor, folder, "nginx", "-e", "stderr", "-c", nginxConfig.toString());
        awaitListening(node, folder, haproxy, "haproxy", HAPROXY);
        awaitListening(node, folder, nginx, "nginx", NGINX);
    }

    /** Waits until {@code process} listens. */
    private static void awaitListening(LabHost node, Path folder, Process process, String name, int peer) {
        Awaitility.await(name + " listens")
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(50))
                .until(() -> {
                    if (!process.isAlive()) {
                        throw new IllegalStateException(
                                name + " ended: " + TextFile.read(folder.resolve(name + ".log")));
                    }
                    return node.run("ss", "-Hltn", "sport = :" + (LoadServer.REQUESTS + peer))
                            .orThrow()
                            .contains("LISTEN");
                });
    }

    private static Process start(LabHost node, int processor, Path folder, String... command) {
        List<String> pinned = new ArrayList<>(
                List.of("setpriv", "--pdeathsig", "KILL", "taskset", "-c", Integer.toString(processor)));
        pinned.addAll(List.of(command));
        ProcessBuilder builder = new ProcessBuilder(pinned)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve(command[0] + ".log").toFile());
        builder.environment().merge("PATH", "/usr/sbin:/sbin", (path, more) -> path + ":" + more);
        return node.start(builder);
    }

    /** As many as this machine's limit of open files allows; haproxy ends beyond it. */
    private static long mostConnections() throws IOException {
        try {
            return Math.min(MOST_CONNECTIONS, ResourceLimits.openFiles() / FILES_EACH);
        } catch (NetlinkException e) {
            throw new IOException(e);
        }
    }

    private static String haproxyText(String endpoint) throws IOException {
        StringBuilder text = new StringBuilder("""
            global
              nbthread 1
              maxconn %d
            defaults
              mode tcp
              timeout connect 5s
              timeout client 1m
              timeout server 1m
            """.formatted(mostConnections()));
        for (int port : List.of(LoadServer.SINK, LoadServer.REQUESTS, LoadServer.HTTP)) {
            text.append("listen plain-%1$d%n  bind %2$s:%3$d%n  server one %4$s:%1$d%n"
                    .formatted(port, NODE, port + HAPROXY, endpoint));
            text.append(("listen splice-%1$d%n  bind %2$s:%3$d%n  option splice-request%n  option splice-response%n"
                            + "  server one %4$s:%1$d%n")
                    .formatted(port, NODE, port + HAPROXY_SPLICE, endpoint));
        }
        return text.toString();
    }

    private static String nginxText(String endpoint, Path folder) {
        StringBuilder servers = new StringBuilder();
        for (int port : List.of(LoadServer.SINK, LoadServer.REQUESTS, LoadServer.HTTP)) {
            servers.append("  server { listen %s:%d backlog=4096; proxy_pass %s:%d; }%n"
                    .formatted(NODE, port + NGINX, endpoint, port));
        }
        servers.append("  server { listen %s:%d udp; proxy_pass %s:%d; proxy_timeout 30s; }%n"
                .formatted(NODE, LoadServer.REQUESTS + NGINX, endpoint, LoadServer.REQUESTS));
        return """
            load_module /usr/lib/nginx/modules/ngx_stream_module.so;
            daemon off;
            master_process off;
            worker_rlimit_nofile 65536;
            error_log stderr crit;
            pid %s;
            events { worker_connections 32000; multi_accept on; }
            stream {
            %s}
            """.formatted(folder.resolve("nginx.pid"), servers);
    }

    long haproxy() {
        return haproxy.pid();
    }

    long nginx() {
        return nginx.pid();
    }

    /** Where a peer listens for {@code port} of the {@link LoadServer}. */
    static InetSocketAddress address(int peer, int port) {
        return new InetSocketAddress(NODE, port + peer);
    }

    @Override
    public void close() {
        haproxy.destroyForcibly();
        nginx.destroyForcibly();
    }
}
