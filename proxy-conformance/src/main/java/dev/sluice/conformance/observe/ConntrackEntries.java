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

/** What the node's kernel remembers of the flows of one scenario, told apart from later ones of the same addresses. */
public final class ConntrackEntries {
    private final Map<String, Set<ConntrackEntry>> remembered = new ConcurrentHashMap<>();
    private final Map<String, Double> counts = new ConcurrentHashMap<>();

    /** The entries that {@code probe} has made. */
    public static List<ConntrackEntry> of(Stage stage, Probe probe) {
        return stage.lab().node().call(() -> {
            try (Conntrack conntrack = NetlinkConntrack.open()) {
                IpAddress client = LabAddresses.of(probe.from(), stage.family());
                return conntrack
                        .list(
                                stage.family(),
                                probe.protocol(),
                                probe.destination(
                                        stage.allotment(), (address, port) -> new Conntrack.Filter(address, port)))
                        .stream()
                        .filter(flow -> flow.original().source().equals(client))
                        .filter(flow ->
                                probe.sourcePort() == 0 || flow.original().sourcePort() == probe.sourcePort())
                        .toList();
            }
        });
    }

    /**
     * From now on the entry of a UDP flow outlives the scenario on a machine of any speed: the kernel's thirty seconds are less
     * than a slow one takes for a restart.
     */
    public static void outliveTheScenario(Stage stage) {
        for (String parameter : List.of("udp_timeout", "udp_timeout_stream")) {
            stage.lab()
                    .node()
                    .run("sysctl", "-qw", "net.netfilter.nf_conntrack_" + parameter + "=3600")
                    .orThrow();
        }
    }

    /** Keeps in mind the entries that {@code probe} has made, of which there must be some. */
    public void remember(Stage stage, Probe probe) {
        List<ConntrackEntry> flows = of(stage, probe);
        Assertions.assertThat(flows).as("entries of the flow").isNotEmpty();
        remembered.put(key(stage, probe), new HashSet<>(flows));
    }

    /** The entries kept in mind are all there, the very same ones. */
    public void expectUntouched(Stage stage, Probe probe) {
        Assertions.assertThat(of(stage, probe))
                .as("entries of the flow")
                .containsAll(remembered.getOrDefault(key(stage, probe), Set.of()));
    }

    /** None of the entries kept in mind is there. */
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

    /** Notes how many flows have been deleted for {@code reason} so far. */
    public void count(Stage stage, Protocol protocol, String reason) throws Exception {
        String series = series(stage, protocol, reason);
        counts.put(run(stage) + series, stage.daemon().metric(series).orElse(0));
    }

    /** More have been deleted since, for that reason, and kube-proxy's own metrics tell too. */
    public void expectCounted(Stage stage, Protocol protocol, String reason) {
        if (stage.mode() == ProxyMode.IPVS && !reason.equals("untranslated")) {
            return; // IPVS forgets the flows of a destination that goes by itself, mostly before the daemon looks
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

    /** The runs of a scenario in several modes and with several tools may go on at once. */
    private static String run(Stage stage) {
        return stage.flavour() + " " + stage.allotment().namespace() + " ";
    }

    private static String key(Stage stage, Probe probe) {
        return run(stage) + probe;
    }
}
