// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.fault;

import dev.sluice.conformance.fault.SiteSetup.Inject;
import dev.sluice.conformance.fault.SiteSetup.Transport;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.api.ApiRelay;
import dev.sluice.testkit.api.FakeApi;
import dev.sluice.testkit.api.Http2Front;
import dev.sluice.testkit.daemon.DaemonOptions;
import dev.sluice.testkit.daemon.DaemonProcess;
import dev.sluice.testkit.daemon.ManifestFolder;
import dev.sluice.testkit.inject.ClockShift;
import dev.sluice.testkit.inject.ThreadFaults;
import dev.sluice.testkit.lab.Connection;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.Outcome;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * A lab of its own: node-a with the daemon, the API server behind a relay on node-b, and traffic from Pod to Pod
 * through two Services that the daemon has served before anything goes wrong.
 */
final class FaultSite implements AutoCloseable {
    static final long FIRST_VERSION = 1000;
    private static final Duration READY = Duration.ofMinutes(2);
    private static final Duration LOST = Duration.ofSeconds(20);
    private static final List<String> WATCHED = List.of("services", "endpointslices", "nodes");
    /** Those of the virtual machine itself have no number. */
    private static final Pattern THREAD_NAME = Pattern.compile("(?m)^\"(.+)\" #\\d+ ");

    final Lab lab = Lab.create();
    final Path folder;
    final FakeApi api;
    private final ManifestFolder manifests;
    final ApiRelay relay;
    final @Nullable TlsFiles tls;
    private final @Nullable Http2Front http2;
    private final SiteSetup setup;
    private final AtomicInteger lateServices = new AtomicInteger();
    private final Map<String, String> environment = new HashMap<>();
    private @Nullable ClockShift clock;
    private @Nullable ThreadFaults threads;
    private DaemonProcess daemon;
    private SteadyTraffic traffic;

    /** Builds the lab, starts the daemon, and begins with the traffic when it is ready. */
    FaultSite(Path folder, SiteSetup setup) throws IOException {
        this.folder = Files.createDirectories(folder);
        this.setup = setup;
        manifests = new ManifestFolder(this.folder);
        InetAddress address =
                LabAddresses.of(LabAddresses.NODE_B, IpFamily.IPV4).toInetAddress();
        tls = setup.transport() == Transport.TLS || setup.transport() == Transport.HTTP2
                ? new TlsFiles(folder, address.getHostAddress())
                : null;
        SSLContext context = tls == null || setup.transport() == Transport.HTTP2 ? null : tls.serverFor(tls.first());
        api = lab.otherNode().call(() -> new FakeApi(address, 0, FIRST_VERSION, context));
        InetSocketAddress server = new InetSocketAddress(address, api.port());
        http2 = setup.transport() == Transport.HTTP2
                ? lab.otherNode()
                        .call(() -> new Http2Front(
                                address, tls().server(), "http://" + address.getHostAddress() + ":" + api.port()))
                : null;
        relay = lab.otherNode().call(() -> new ApiRelay(address, http2 == null ? server : http2.address()));
        if (tls != null) {
            tls.use(tls.first(), "https://" + address.getHostAddress() + ":" + relay.port());
        }
        prepare();
        ClusterObjects.putNode(this::put);
        ClusterObjects.put(this::put, "web", SteadyTraffic.TCP.toString(), "TCP", SteadyTraffic.TCP_PORT, 8080, "b2");
        ClusterObjects.put(this::put, "dns", SteadyTraffic.UDP.toString(), "UDP", SteadyTraffic.UDP_PORT, 5353, "b3");
        daemon = launch();
        awaitReady();
        FaultRun.until(
                "the Services answer",
                () -> lab.pod("a3").tcp(SteadyTraffic.TCP, SteadyTraffic.TCP_PORT) instanceof Outcome.Answer
                        && lab.pod("a3").udp(SteadyTraffic.UDP, SteadyTraffic.UDP_PORT) instanceof Outcome.Answer);
        traffic = new SteadyTraffic(lab, LOST);
    }

    private void prepare() throws IOException {
        switch (setup.inject()) {
            case NOTHING -> {}
            case CLOCK -> {
                clock = new ClockShift(Files.createDirectories(folder.resolve("clock")));
                environment.putAll(clock.environment());
            }
            case THREADS -> {
                threads = new ThreadFaults(Files.createDirectories(folder.resolve("threads")));
                environment.put("SLUICE_JAVA_OPTS", threads.jvmOptions());
                writeConfig();
            }
        }
    }

    /** Keeps an object where the daemon has them from. */
    void put(String plural, String key, String json) {
        api.put(plural, key, json);
        manifests.write(plural + "-" + key.replace('/', '-') + ".json", json.replace("VERSION", "1"));
    }

    /** Starts a daemon, in place of the one before, without waiting. */
    DaemonProcess launch() {
        DaemonOptions options = new DaemonOptions(setup.mode(), source(), flags());
        daemon = DaemonProcess.start(lab.node(), options, log(), environment);
        return daemon;
    }

    private List<String> source() {
        return switch (setup.transport()) {
            case NONE -> manifests.flags();
            case HTTP ->
                List.of("--master=http://" + LabAddresses.of(LabAddresses.NODE_B, IpFamily.IPV4) + ":" + relay.port());
            case TLS, HTTP2 -> List.of("--kubeconfig=" + tls().kubeconfig());
        };
    }

    /** Where threads fail every one is wanted, so everything that has a thread is in use. */
    private List<String> flags() {
        if (setup.inject() != Inject.THREADS) {
            return List.of("--cluster-cidr=" + LabAddresses.CLUSTER_CIDR, "--metrics-bind-address=0.0.0.0");
        }
        return List.of("--config=" + configFile(), "--state-dir=" + folder.resolve("state"));
    }

    Path configFile() {
        return folder.resolve("config").resolve("config.yaml");
    }

    private void writeConfig() throws IOException {
        Files.createDirectories(folder.resolve("config"));
        Files.writeString(configFile(), """
                apiVersion: kubeproxy.config.k8s.io/v1alpha1
                kind: KubeProxyConfiguration
                mode: %s
                clusterCIDR: %s
                conntrack: {maxPerCore: 0}
                iptables: {minSyncPeriod: 50ms}
                enableProfiling: true
                """.formatted(setup.mode().flagValue(), LabAddresses.CLUSTER_CIDR));
    }

    /** The names of the threads of the daemon's Java code. */
    List<String> threadNames() throws IOException {
        return THREAD_NAME
                .matcher(daemon.page("/debug/pprof/threads").body())
                .results()
                .map(found -> found.group(1))
                .toList();
    }

    /** Asks for the metrics, and does not wait for them. */
    void scrape() {
        try (Connection connection = lab.node().caller().connect(IpAddress.of("127.0.0.1"), 10249)) {
            connection.send("GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n");
        } catch (IOException e) {
            // it has ended meanwhile, as it may
        }
    }

    SiteSetup setup() {
        return setup;
    }

    void awaitReady() {
        daemon.awaitReady(READY, IpFamily.IPV4);
    }

    /**
     * Waits until the daemon watches every resource and has the answer to its first Event: a request that is under way
     * when a fault begins would notice it in its own way.
     */
    void awaitCalm() {
        if (setup.transport() != Transport.NONE) {
            FaultRun.until("all is watched and no request is under way", () -> isCalm(daemon.metrics()));
        }
    }

    private static boolean isCalm(String page) {
        return WATCHED.stream()
                        .allMatch(resource -> Sign.sum(page, "sluice_watch_up{resource=\"" + resource + "\"}") == 1)
                && page.lines()
                        .anyMatch(line ->
                                line.startsWith("rest_client_requests_total{") && line.contains("method=\"POST\""));
    }

    DaemonProcess daemon() {
        return daemon;
    }

    SteadyTraffic traffic() {
        return traffic;
    }

    ClockShift clock() {
        return Objects.requireNonNull(clock, "no clock of its own");
    }

    ThreadFaults threads() {
        return Objects.requireNonNull(threads, "no agent");
    }

    Http2Front http2() {
        return Objects.requireNonNull(http2, "no HTTP/2");
    }

    TlsFiles tls() {
        return Objects.requireNonNull(tls, "no TLS");
    }

    Path log() {
        return folder.resolve("daemon.log");
    }

    /** Creates a Service of Pod b4 in the API server; returns its address, at port 81. */
    IpAddress putLate() {
        int number = lateServices.incrementAndGet();
        IpAddress address = IpAddress.of("10.96.1." + number);
        ClusterObjects.put(this::put, "late" + number, address.toString(), "TCP", 81, 8080, "b4");
        return address;
    }

    boolean answers(IpAddress late) {
        return lab.pod("a5").caller().waiting(Duration.ofSeconds(1)).tcp(late, 81) instanceof Outcome.Answer;
    }

    /** Drops the packets between the API server and the daemon, by rules of node-b. */
    void dropPackets(boolean on) {
        String action = on ? "-I" : "-D";
        lab.otherNode()
                .run("iptables-nft", "-w", action, "INPUT", "-p", "tcp", "--dport", port(), "-j", "DROP")
                .orThrow();
        lab.otherNode()
                .run("iptables-nft", "-w", action, "OUTPUT", "-p", "tcp", "--sport", port(), "-j", "DROP")
                .orThrow();
    }

    private String port() {
        return Integer.toString(relay.port());
    }

    @Override
    public void close() {
        if (traffic != null) {
            traffic.close();
        }
        if (daemon != null) {
            daemon.close();
        }
        relay.close();
        if (http2 != null) {
            http2.close();
        }
        api.close();
        lab.close();
    }
}
