// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.chart.live;

import dev.sluice.chart.Chart;
import dev.sluice.chart.KubernetesObjects;
import dev.sluice.core.config.ProxyMode;
import dev.sluice.testkit.api.ApiFault;
import dev.sluice.testkit.lab.Caller;
import dev.sluice.testkit.lab.Connection;
import dev.sluice.testkit.lab.LabHost;
import dev.sluice.testkit.lab.Outcome;
import dev.sluice.testkit.timing.Attempts;
import dev.sluice.testkit.vm.VirtualMachine;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The metrics page of a daemon that has had traffic and trouble, so that the series with labels are there. As a program
 * it writes the page of one mode to a file: arguments are the mode and a folder.
 */
final class TroubledPage {
    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final Duration VM_LIMIT = Duration.ofMinutes(10);
    private static final String FILE = "page.txt";
    private static final String ROLE = "role.yaml";
    private static final String DENIED = "denied.txt";

    private TroubledPage() {}

    public static void main(String[] arguments) throws IOException {
        ProxyMode mode = ProxyMode.parse(arguments[0]).orElseThrow();
        Path folder = Path.of(arguments[1]);
        Files.writeString(folder.resolve(FILE), here(mode, folder));
        System.exit(0);
    }

    /** The page of a daemon in {@code mode}, in a virtual machine where this kernel lacks IPVS. */
    static String of(ProxyMode mode, Path folder) throws IOException {
        ClusterRole role =
                KubernetesObjects.find(Chart.render(Chart.example(mode.flagValue())), ClusterRole.class, "sluice");
        Files.writeString(folder.resolve(ROLE), Serialization.asYaml(role));
        if (mode != ProxyMode.IPVS || !VirtualMachine.isNeeded()) {
            return here(mode, folder);
        }
        new VirtualMachine(folder, VM_LIMIT)
                .run(TroubledPage.class, List.of(), List.of(mode.flagValue(), folder.toString()), System.out::println);
        return Files.readString(folder.resolve(FILE));
    }

    /** The calls of the daemon that the chart's role denies, a line each; {@link #of} was called with the folder. */
    static List<String> denied(Path folder) throws IOException {
        return Files.readAllLines(folder.resolve(DENIED));
    }

    private static String here(ProxyMode mode, Path folder) throws IOException {
        ClusterRole role = Serialization.unmarshal(Files.readString(folder.resolve(ROLE)), ClusterRole.class);
        Authorization authorization = new Authorization(role.getRules());
        String page = here(mode, folder, authorization);
        Files.write(
                folder.resolve(DENIED),
                authorization.denied().stream().map(ApiCall::toString).toList());
        return page;
    }

    private static String here(ProxyMode mode, Path folder, ApiFault authorization) throws IOException {
        try (MonitoredNode node = new MonitoredNode(mode, folder, authorization)) {
            LabHost client = node.lab.pod("a4");
            node.putSlice("dns", "UDP", 5353, "b3");
            answered(client, node);
            Caller caller = client.caller();
            // in userspace mode a time-out ends the one, and the other takes its Service's only place
            try (Connection idle = caller.connect(MonitoredNode.WEB, MonitoredNode.PORT);
                    Connection first = caller.connect(MonitoredNode.SMALL, MonitoredNode.PORT)) {
                idle.send("");
                first.send("");
                caller.tcp(MonitoredNode.SMALL, MonitoredNode.PORT);
                node.putSlice("dns", "UDP", 5353, "a5");
                node.api.cut();
                return settled(mode, node);
            }
        }
    }

    private static void answered(LabHost client, MonitoredNode node) {
        Attempts.untilTrue(
                LIMIT,
                "the Services answer",
                () -> client.tcp(MonitoredNode.WEB, MonitoredNode.PORT) instanceof Outcome.Answer
                        && client.udp(MonitoredNode.DNS, MonitoredNode.PORT) instanceof Outcome.Answer
                        && node.daemon.healthz().status() == 200);
    }

    /** The page when it tells of the changed endpoint, the new watch, and what only this mode has. */
    private static String settled(ProxyMode mode, MonitoredNode node) throws IOException {
        List<String> wanted = new ArrayList<>(
                List.of("sluice_watch_restarts_total{", "kubeproxy_network_programming_duration_seconds_count{"));
        switch (mode) {
            case IPTABLES -> wanted.add("sluice_conntrack_deleted_flows_total{");
            case IPVS ->
                wanted.addAll(List.of("sluice_service_packets_total{", "sluice_watch_up{resource=\"peers\"} 1"));
            case NFTABLES -> {}
            case USERSPACE ->
                wanted.addAll(List.of("sluice_service_expired_connections_total{", "sluice_service_refusals_total{"));
        }
        Attempts.until(LIMIT, "the page tells of the trouble", () -> {
            String page = node.daemon.metrics();
            List<String> missing =
                    wanted.stream().filter(series -> !page.contains(series)).toList();
            return new Attempts.Observation(missing.isEmpty(), "lacks " + missing);
        });
        return node.daemon.metrics();
    }
}
