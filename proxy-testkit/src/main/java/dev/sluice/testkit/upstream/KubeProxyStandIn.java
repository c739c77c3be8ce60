// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.upstream;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.LabException;
import dev.sluice.testkit.lab.LabHost;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a node sees of a kube-proxy 1.36: a process of that name, its health and metrics pages, and its rules, which it
 * writes some time after its start and leaves when it ends. It follows no changes.
 */
public final class KubeProxyStandIn implements AutoCloseable {
    /** In a line of {@code conntrack -L}, the source of the answers. */
    private static final Pattern ANSWERED_BY = Pattern.compile("src=\\S+ .*?src=(\\S+) ");

    private static final String LOOPBACK = "127.0.0.1";
    private static final int RETRY_MILLIS = 50;

    private final LabHost node;
    private final Mode mode;
    private final Path program;
    private final Set<IpFamily> synced = EnumSet.noneOf(IpFamily.class);
    private @Nullable Process process;
    private volatile boolean running;

    /** The modes whose rules it can write. */
    public enum Mode {
        IPTABLES,
        IPVS,
        NFTABLES;

        /** As {@code /proxyMode} says it. */
        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** @param folder for the program that bears the name */
    public KubeProxyStandIn(LabHost node, Mode mode, Path folder) {
        this.node = node;
        this.mode = mode;
        this.program = folder.resolve("kube-proxy");
    }

    /** Starts the process and, as soon as their ports are free, the pages; no rule is written. */
    public void start() {
        node.run("cp", "/usr/bin/perl", program.toString()).orThrow();
        // it dies with this JVM
        process = node.start(
                new ProcessBuilder("setpriv", "--pdeathsig", "KILL", "--", program.toString(), "-e", "sleep 100000"));
        running = true;
        serve(10256, "/healthz", this::health);
        serve(10249, "/proxyMode", mode::text);
    }

    /** Writes the rules of a first sync, the families one after the other with {@code pause} between them. */
    public void sync(Duration pause, Ports ports) {
        for (IpFamily family : IpFamily.values()) {
            String cidr = LabAddresses.CLUSTER_CIDR.split(",")[family == IpFamily.IPV4 ? 0 : 1];
            switch (mode) {
                case IPTABLES -> new UpstreamIptables(family, cidr).write(node, ports.of(family));
                case IPVS -> new UpstreamIpvs(family, cidr).write(node, ports.of(family));
                case NFTABLES -> new UpstreamNftables(family, cidr).write(node, ports.of(family));
            }
            ports.of(family).stream()
                    .filter(port -> port.protocol() == Protocol.UDP)
                    .forEach(port -> forgetFlows(family, port));
            synchronized (synced) {
                synced.add(family);
            }
            try {
                Thread.sleep(pause);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Its conntrack clean-up: deletes the entries that lead to no endpoint. */
    private void forgetFlows(IpFamily family, UpstreamPort port) {
        Set<String> endpoints = port.endpoints().stream()
                .map(endpoint -> endpoint.address().toString())
                .collect(Collectors.toSet());
        conntrack("-L", family, port)
                .lines()
                .flatMap(line -> ANSWERED_BY.matcher(line).results())
                .map(found -> found.group(1))
                .filter(source -> !endpoints.contains(source))
                .distinct()
                .forEach(source -> conntrack("-D", family, port, "--reply-src", source));
    }

    private String conntrack(String command, IpFamily family, UpstreamPort port, String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "conntrack",
                command,
                "-f",
                family == IpFamily.IPV4 ? "ipv4" : "ipv6",
                "-p",
                "udp",
                "--orig-dst",
                port.clusterIp().toString()));
        arguments.addAll(List.of(more));
        return node.run(arguments.toArray(String[]::new)).output();
    }

    /** The service ports of a family. */
    public interface Ports {
        List<UpstreamPort> of(IpFamily family);
    }

    /** Its process. */
    public long pid() {
        if (process == null) {
            throw new IllegalStateException("not started");
        }
        return process.pid();
    }

    private void serve(int port, String path, Supplier<String> page) {
        Thread.ofPlatform().daemon().name("kube-proxy-" + port).start(() -> {
            while (running) {
                try (ServerSocket server =
                        node.call(() -> new ServerSocket(port, 50, InetAddress.ofLiteral(LOOPBACK)))) {
                    server.setSoTimeout(RETRY_MILLIS);
                    while (running) {
                        answer(server, path, page);
                    }
                } catch (IOException | LabException e) {
                    pause(); // its predecessor has the port
                }
            }
        });
    }

    private void answer(ServerSocket server, String path, Supplier<String> page) {
        try (Socket peer = server.accept()) {
            peer.setSoTimeout(2000);
            String asked = head(peer);
            String body = asked.startsWith("GET " + path.substring(0, 5))
                    ? page.get()
                    : asked.startsWith("GET /metrics") ? metrics() : "";
            peer.getOutputStream().write(("HTTP/1.1 200 OK\r\n\r\n" + body).getBytes(UTF_8));
        } catch (IOException e) {
            // no client at present, or that client's own
        }
    }

    /** All of it: what is closed with unread input is reset. */
    private static String head(Socket peer) throws IOException {
        StringBuilder head = new StringBuilder();
        while (!head.toString().endsWith("\r\n\r\n")) {
            int next = peer.getInputStream().read();
            if (next < 0) {
                break;
            }
            head.append((char) next);
        }
        return head.toString();
    }

    private static void pause() {
        try {
            Thread.sleep(RETRY_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private String health() {
        return "{\"lastUpdated\":\"2026-11-29T03:00:01Z\",\"currentTime\":\"2026-11-29T03:00:01Z\",\"nodeEligible\":true,"
                + "\"healthy\":true,\"status\":{}}";
    }

    private String metrics() {
        String queued = sample("queued_", EnumSet.allOf(IpFamily.class));
        synchronized (synced) {
            return queued + sample("", synced);
        }
    }

    private static String sample(String infix, Set<IpFamily> families) {
        return families.stream()
                .map(family -> "kubeproxy_sync_proxy_rules_last_" + infix + "timestamp_seconds{ip_family=\""
                        + family.label() + "\"} 1.796010804e+09\n")
                .collect(Collectors.joining());
    }

    /** Ends the process and its pages; the rules stay. */
    public void stop() {
        running = false;
        synchronized (synced) {
            synced.clear();
        }
        if (process != null) {
            process.destroyForcibly().onExit().join();
            process = null;
        }
    }

    @Override
    public void close() {
        stop();
    }
}
