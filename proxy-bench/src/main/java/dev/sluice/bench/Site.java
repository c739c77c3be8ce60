package dev.sluice.bench;

import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.iptables.Iptables.Variant;
import dev.sluice.testkit.daemon.DaemonOptions;
import dev.sluice.testkit.daemon.DaemonProcess;
import dev.sluice.testkit.daemon.VariantHint;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.LabException;
import dev.sluice.testkit.scale.ManyServices;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** A lab whose node carries many Services by the real daemon. */
final class Site implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(8);
    private static final Duration QUIET = Duration.ofMillis(120);

    private final Variant variant;
    private final Layout layout;
    private final Folder folder = new Folder("sluice-bench");
    private final Lab lab;
    private final ManyServices services;
    private final Recorder recorder;
    private @Nullable DaemonProcess daemon;

    /**
     * What the first sync cost.
     *
     * @param inForceSeconds from the start of the process
     * @param syncSeconds by the daemon's own metric
     * @param mebibytes resident memory after it
     */
    record FirstSync(double inForceSeconds, double syncSeconds, long bytes, long lines, double mebibytes) {}

    /**
     * What one change cost, by the daemon's own metrics.
     *
     * @param syncMillis the sync
     * @param eventMillis from the event that asks for the sync to the end of it
     */
    record Change(double syncMillis, double eventMillis, long bytes, long lines) {}

    /** Changes the objects, to another state with each number. */
    interface Wish {
        void become(ManyServices services, int state) throws IOException;
    }

    Site(Variant variant, Layout layout, int count) throws IOException {
        this.variant = variant;
        this.layout = layout;
        this.lab = Lab.create();
        try {
            VariantHint.leave(lab.node(), variant);
            Path manifests = Files.createDirectory(folder.resolve("manifests"));
            recorder = new Recorder(VariantHint.tool(variant, "-restore"), folder.resolve("tools"));
            services = ManyServices.on(FirstPacket.ENDPOINTS, FirstPacket.PORT, manifests);
            services.write(count);
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    Lab lab() {
        return lab;
    }

    Layout layout() {
        return layout;
    }

    FirstSync start() throws IOException {
        DaemonOptions options = new DaemonOptions(
                ProxyMode.IPTABLES,
                List.of("--manifests", folder.resolve("manifests").toString()),
                List.of("--cluster-cidr=" + LabAddresses.CLUSTER_CIDR));
        Map<String, String> environment = new HashMap<>(layout.environment());
        environment.put("PATH", recorder.path());
        long start = System.nanoTime();
        daemon = DaemonProcess.start(lab.node(), options, folder.resolve("log"), environment);
        daemon.awaitReady(PATIENCE, IpFamily.IPV4);
        return new FirstSync(
                (System.nanoTime() - start) / 1e9,
                value("kubeproxy_sync_proxy_rules_duration_seconds_sum"),
                (long) value("sluice_kernel_bytes_total"),
                (long) value("sluice_kernel_messages_total"),
                daemon().metric("process_resident_memory_bytes").orElse(Double.NaN) / (1 << 20));
    }

    /** Lets the objects become {@code state}, and waits until the daemon has it in force. */
    Change change(Wish wish, int state) throws IOException {
        double syncs = value("kubeproxy_sync_proxy_rules_duration_seconds_count");
        double seconds = value("kubeproxy_sync_proxy_rules_duration_seconds_sum");
        double bytes = value("sluice_kernel_bytes_total");
        double lines = value("sluice_kernel_messages_total");
        wish.become(services, state);
        double[] seen = {syncs};
        Awaitility.await("one change of " + variant + " " + layout)
                .atMost(Duration.ofMinutes(2))
                .pollInterval(Duration.ofMillis(20))
                .until(() -> value("kubeproxy_sync_proxy_rules_duration_seconds_count") > syncs);
        Awaitility.await("the daemon is at rest")
                .pollDelay(Duration.ZERO)
                .pollInterval(QUIET)
                .atMost(Duration.ofMinutes(2))
                .until(() -> {
                    double now = value("kubeproxy_sync_proxy_rules_duration_seconds_count");
                    boolean rests = now == seen[0] && sinceQueued() >= 0; // a Service and its slice may take two syncs
                    seen[0] = now;
                    return rests;
                });
        double syncMillis = (value("kubeproxy_sync_proxy_rules_duration_seconds_sum") - seconds) * 1000;
        return new Change(
                syncMillis,
                Math.max(syncMillis, sinceQueued() * 1000),
                (long) (value("sluice_kernel_bytes_total") - bytes),
                (long) (value("sluice_kernel_messages_total") - lines));
    }

    /** Seconds from the last request for a sync to the end of the last sync; negative while one is asked for. */
    private double sinceQueued() throws IOException {
        return value("kubeproxy_sync_proxy_rules_last_timestamp_seconds")
                - value("kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds");
    }

    /** What the daemon gives to iptables-restore for a change, in one text. */
    String record(Wish wish, int state) throws IOException {
        recorder.begin();
        change(wish, state);
        return recorder.end();
    }

    /** Ends the daemon; the rules stay. */
    void stop() {
        daemon().terminate(Duration.ofSeconds(30));
    }

    /** All rules in force. */
    String save() {
        return lab.node().run(VariantHint.tool(variant, "-save")).orThrow();
    }

    private DaemonProcess daemon() {
        if (daemon == null) {
            throw new IllegalStateException("the daemon was not started");
        }
        return daemon;
    }

    private double value(String name) throws IOException {
        String series = name + "{ip_family=\"IPv4\"}";
        return daemon().metric(series).orElseThrow(() -> new LabException("the daemon has no metric " + series));
    }

    @Override
    public void close() {
        if (daemon != null) {
            daemon.close();
        }
        lab.close();
        folder.close();
    }
}
