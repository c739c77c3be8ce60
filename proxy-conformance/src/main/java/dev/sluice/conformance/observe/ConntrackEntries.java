// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.observe;

import dev.sluice.conformance.scenario.Probe;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.Protocol;
import dev.sluice.linux.conntrack.Conntrack;
import dev.sluice.linux.conntrack.ConntrackEntry;
import dev.sluice.linux.conntrack.NetlinkConntrack;
import dev.sluice.testkit.lab.LabAddresses;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.assertj.core.api.Assertions;

/** The conntrack entries of one scenario on the node, told apart from later ones of the same addresses. */
public final class ConntrackEntries {
    private final Map<String, Set<ConntrackEntry>> remembered = new ConcurrentHashMap<>();
    private final Map<String, Double> counts = new ConcurrentHashMap<>();

    /** The entries that {@code probe} created. */
    public static List<ConntrackEntry> of(Stage stage, Probe probe) {
        return stage.lab().node().call(() -> {
            try (Conntrack conntrack = NetlinkConntrack.open()) {
                IpAddress client = LabAddresses.of(probe.from(), stage.family());
                int port = probe.sourcePort(stage.allotment());
                return conntrack
                        .list(
                                stage.family(),
                                probe.protocol(),
                                probe.destination(stage.allotment(), Conntrack.Filter::new))
                        .stream()
                        .filter(flow -> flow.original().source().equals(client))
                        .filter(flow -> port == 0 || flow.original().sourcePort() == port)
                        .toList();
            }
        });
    }

    /**
     * Lets the entry of a UDP connection outlive the scenario on a machine of any speed: a slow one takes longer for a
     * restart than the kernel's thirty seconds.
     */
    public static void outliveTheScenario(Stage stage) {
        for (String parameter : List.of("udp_timeout", "udp_timeout_stream")) {
            stage.lab()
                    .node()
                    .run("sysctl", "-qw", "net.netfilter.nf_conntrack_" + parameter + "=3600")
                    .orThrow();
        }
    }

    /** Remembers the entries that {@code probe} created, of which there must be some. */
    public void remember(Stage stage, Probe probe) {
        List<ConntrackEntry> flows = of(stage, probe);
        Assertions.assertThat(flows).as("entries of the flow").isNotEmpty();
        remembered.put(key(stage, probe), new HashSet<>(flows));
    }

    /** Checks that all remembered entries exist unchanged. */
    public void expectUntouched(Stage stage, Probe probe) {
        Assertions.assertThat(of(stage, probe))
                .as("entries of the flow")
                .containsAll(remembered.getOrDefault(key(stage, probe), Set.of()));
    }

    /** Waits until no remembered entry exists. */
    public void expectGone(Stage stage, Probe probe) {
        Set<ConntrackEntry> before = remembered.getOrDefault(key(stage, probe), Set.of());
        try {
            stage.eventually(
                    "the old entries of the flow are gone",
                    () -> of(stage, probe).stream().noneMatch(before::contains));
        } catch (AssertionError e) {
            throw new AssertionError(e.getMessage() + ": " + before + " were there, and now " + of(stage, probe), e);
        }
    }

    /** Notes the number of entries deleted for {@code reason} so far. */
    public void count(Stage stage, Protocol protocol, String reason) throws Exception {
        String series = series(stage, protocol, reason);
        counts.put(run(stage) + series, stage.daemon().metric(series).orElse(0));
    }

    /** Waits until more entries have been deleted for that reason, also by kube-proxy's own metrics. */
    public void expectCounted(Stage stage, Protocol protocol, String reason) {
        if (stage.mode() == ProxyMode.IPVS && !reason.equals("untranslated")) {
            return; // IPVS deletes the entries of a removed real server by itself, mostly before the daemon looks
        }
        String series = series(stage, protocol, reason);
        String label = "{ip_family=\"" + stage.family().label() + "\"}";
        stage.eventually(series + " has grown", () -> {
            OptionalDouble now = stage.daemon().metric(series);
            return now.orElse(0) > counts.getOrDefault(run(stage) + series, 0.0);
        });
        stage.eventually(
                "kubeproxy_conntrack_reconciler_* tell",
                () -> stage.daemon()
                                        .metric("kubeproxy_conntrack_reconciler_deleted_entries_total" + label)
                                        .orElse(0)
                                > 0
                        && stage.daemon()
                                        .metric("kubeproxy_conntrack_reconciler_sync_duration_seconds_count" + label)
                                        .orElse(0)
                                > 0);
    }

    private static String series(Stage stage, Protocol protocol, String reason) {
        return "sluice_conntrack_deleted_flows_total{ip_family=\""
                + stage.family().label() + "\",protocol=\"" + protocol.lowerCase() + "\",reason=\"" + reason + "\"}";
    }

    /** A name for the run: runs of a scenario in several modes and with several tools may be concurrent. */
    private static String run(Stage stage) {
        return stage.flavour() + " " + stage.allotment().namespace() + " ";
    }

    private static String key(Stage stage, Probe probe) {
        return run(stage) + probe;
    }
}
