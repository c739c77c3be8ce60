// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.bench;

import dev.sluice.testkit.daemon.DaemonProcess;
import dev.sluice.testkit.lab.LabException;
import java.io.IOException;
import java.time.Duration;
import org.awaitility.Awaitility;

/** Measures IPv4 syncs of a daemon by its own metrics. */
public final class DaemonClock {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Duration QUIET = Duration.ofMillis(120);

    private final DaemonProcess daemon;

    /**
     * The cost of a first sync.
     *
     * @param inForceSeconds from the start of the process until all rules are in force
     * @param syncSeconds by the daemon's own metric
     * @param mebibytes resident memory, once what only the start needed is given back
     */
    public record FirstSync(double inForceSeconds, double syncSeconds, long bytes, long lines, double mebibytes) {}

    /**
     * The cost of one change.
     *
     * @param syncMillis the syncs alone
     * @param eventMillis from the event that requests the last sync to the end of it
     */
    public record Change(double syncMillis, double eventMillis, long bytes, long lines) {}

    /** Changes objects that the daemon watches. */
    public interface Edit {
        void apply() throws IOException;
    }

    public DaemonClock(DaemonProcess daemon) {
        this.daemon = daemon;
    }

    /** The cost of the first sync, which must be over. */
    public FirstSync firstSync(double inForceSeconds) throws IOException {
        return new FirstSync(
                inForceSeconds,
                value("kubeproxy_sync_proxy_rules_duration_seconds_sum"),
                (long) value("sluice_kernel_bytes_total"),
                (long) value("sluice_kernel_messages_total"),
                ProcessMemory.settled(daemon.pid()).resident());
    }

    /** Makes an edit, and waits until the daemon has applied it and syncs no more. */
    public Change change(Edit edit) throws IOException {
        double syncs = value("kubeproxy_sync_proxy_rules_duration_seconds_count");
        double seconds = value("kubeproxy_sync_proxy_rules_duration_seconds_sum");
        double bytes = value("sluice_kernel_bytes_total");
        double lines = value("sluice_kernel_messages_total");
        edit.apply();
        double[] seen = {syncs};
        Awaitility.await("a change is applied")
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> value("kubeproxy_sync_proxy_rules_duration_seconds_count") > syncs);
        Awaitility.await("the daemon syncs no more")
                .pollDelay(Duration.ZERO)
                .pollInterval(QUIET)
                .atMost(PATIENCE)
                .until(() -> {
                    double now = value("kubeproxy_sync_proxy_rules_duration_seconds_count");
                    boolean idle = now == seen[0] && sinceQueued() >= 0; // a Service and its slice may take two syncs
                    seen[0] = now;
                    return idle;
                });
        double syncMillis = (value("kubeproxy_sync_proxy_rules_duration_seconds_sum") - seconds) * 1000;
        return new Change(
                syncMillis,
                Math.max(syncMillis, sinceQueued() * 1000),
                (long) (value("sluice_kernel_bytes_total") - bytes),
                (long) (value("sluice_kernel_messages_total") - lines));
    }

    /** Seconds from the last request for a sync to the end of the last sync; negative while one is requested. */
    private double sinceQueued() throws IOException {
        return value("kubeproxy_sync_proxy_rules_last_timestamp_seconds")
                - value("kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds");
    }

    private double value(String name) throws IOException {
        String series = name + "{ip_family=\"IPv4\"}";
        return daemon.metric(series).orElseThrow(() -> new LabException("the daemon has no metric " + series));
    }
}
