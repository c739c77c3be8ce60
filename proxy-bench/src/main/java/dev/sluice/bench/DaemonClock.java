package dev.sluice.bench;

import dev.sluice.testkit.daemon.DaemonProcess;
import dev.sluice.testkit.lab.LabException;
import java.io.IOException;
import java.time.Duration;
import org.awaitility.Awaitility;

/** What syncs of IPv4 cost a daemon, by its own metrics. */
final class DaemonClock {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Duration QUIET = Duration.ofMillis(120);

    private final DaemonProcess daemon;

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

    /** Something that the daemon has to take up. */
    interface Wish {
        void become() throws IOException;
    }

    DaemonClock(DaemonProcess daemon) {
        this.daemon = daemon;
    }

    /** The first sync, once it is over. */
    FirstSync firstSync(double inForceSeconds) throws IOException {
        return new FirstSync(
                inForceSeconds,
                value("kubeproxy_sync_proxy_rules_duration_seconds_sum"),
                (long) value("sluice_kernel_bytes_total"),
                (long) value("sluice_kernel_messages_total"),
                daemon.metric("process_resident_memory_bytes").orElse(Double.NaN) / (1 << 20));
    }

    /** Fulfils {@code wish}, and waits until the daemon has it in force and is at rest. */
    Change change(Wish wish) throws IOException {
        double syncs = value("kubeproxy_sync_proxy_rules_duration_seconds_count");
        double seconds = value("kubeproxy_sync_proxy_rules_duration_seconds_sum");
        double bytes = value("sluice_kernel_bytes_total");
        double lines = value("sluice_kernel_messages_total");
        wish.become();
        double[] seen = {syncs};
        Awaitility.await("a change is in force")
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> value("kubeproxy_sync_proxy_rules_duration_seconds_count") > syncs);
        Awaitility.await("the daemon is at rest")
                .pollDelay(Duration.ZERO)
                .pollInterval(QUIET)
                .atMost(PATIENCE)
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

    private double value(String name) throws IOException {
        String series = name + "{ip_family=\"IPv4\"}";
        return daemon.metric(series).orElseThrow(() -> new LabException("the daemon has no metric " + series));
    }
}
