// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.chart.live.container;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.daemon.VariantHint;
import dev.sluice.testkit.lab.DualStackService;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.LabHost;
import dev.sluice.testkit.lab.Outcome;
import dev.sluice.testkit.timing.Attempts;
import dev.sluice.testkit.timing.Attempts.Observation;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;

/** What a proxy is for, in short, with packets in both families. */
final class SmokeTraffic {
    static final DualStackService WEB = new DualStackService("smoke", "web", 80, 80, 8080);
    static final int NODE_PORT = 30080;
    private static final DualStackService DNS = new DualStackService("smoke", "dns", 81, 53, Lab.UDP_PORT);
    private static final DualStackService STICKY = new DualStackService("smoke", "sticky", 82, 80, 8080);
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int CALLS = 24;

    private final PodSite site;

    SmokeTraffic(PodSite site) {
        this.site = site;
    }

    /** Gives the API server the Services that are called. */
    void create() {
        site.put(WEB.service("", NODE_PORT) + slices(WEB, "a2", "b2"));
        site.put((DNS.service() + slices(DNS, "a3", "b3")).replace("protocol: TCP", "protocol: UDP"));
        site.put(STICKY.service().replace("  ports:", "  sessionAffinity: ClientIP\n  ports:")
                + slices(STICKY, "a2", "b2", "b3"));
    }

    /** As an API server has them: an unnamed port has the empty name. */
    private static String slices(DualStackService service, String... pods) {
        return service.slices(List.of(pods), List.of()).replace("ports: [{", "ports: [{name: \"\", ");
    }

    /** Calls everything; then an endpoint is replaced, and then somebody flushes the rules. */
    void expectAll() {
        for (IpFamily family : IpFamily.values()) {
            expectWeb(family, Set.of("a2", "b2"));
            LabHost pod = site.lab().pod("a4");
            reaches("UDP", Set.of("a3", "b3"), () -> pod.udp(DNS.address(family), DNS.port()));
            expectAffinity(family);
        }
        site.put(slices(WEB, "b4"));
        for (IpFamily family : IpFamily.values()) {
            expectWeb(family, Set.of("b4"));
        }
        flush();
        for (IpFamily family : IpFamily.values()) {
            expectWeb(family, Set.of("b4"));
        }
        site.put(slices(WEB, "a2", "b2"));
    }

    /** A ClusterIP from a Pod and from the node, and a NodePort from outside. */
    private void expectWeb(IpFamily family, Set<String> pods) {
        LabHost pod = site.lab().pod("a4");
        LabHost node = site.lab().node();
        IpAddress address = WEB.address(family);
        reaches("ClusterIP from a Pod", pods, () -> pod.tcp(address, WEB.port()));
        reaches("ClusterIP from the node", pods, () -> node.tcp(address, WEB.port()));
        reaches("NodePort", pods, () -> site.lab().client().tcp(node.address(family), NODE_PORT));
    }

    /** Waits until some calls in a row are all answered, by each of the Pods and by no others. */
    private static void reaches(String what, Set<String> pods, Supplier<Outcome> call) {
        Attempts.until(PATIENCE, what + " reaches " + pods, () -> {
            Set<String> seen = new TreeSet<>();
            for (int i = 0; i < CALLS && (i < 4 || !seen.equals(pods)); i++) {
                Outcome outcome = call.get();
                if (!(outcome instanceof Outcome.Answer answer)) {
                    return new Observation(false, outcome + ", after " + seen);
                }
                seen.add(answer.pod());
            }
            return new Observation(seen.equals(pods), seen.toString());
        });
    }

    private void expectAffinity(IpFamily family) {
        LabHost pod = site.lab().pod("a5");
        Set<String> seen = new TreeSet<>();
        Attempts.untilTrue(
                PATIENCE,
                "the Service with affinity answers",
                () -> pod.tcp(STICKY.address(family), STICKY.port()) instanceof Outcome.Answer);
        for (int i = 0; i < 8; i++) {
            seen.add(pod.tcp(STICKY.address(family), STICKY.port()).toString().replaceAll(":.*", ""));
        }
        assertThat(seen).as("Pods that one client reached by session affinity").hasSize(1);
    }

    /** As an administrator does by mistake. */
    private void flush() {
        LabHost node = site.lab().node();
        if (site.mode() == PodMode.IPVS) {
            node.run("ipvsadm", "-C").orThrow();
            return;
        }
        if (site.mode() == PodMode.NFTABLES) {
            for (String family : List.of("ip", "ip6")) {
                node.run("nft", "flush", "table", family, "sluice").orThrow();
            }
            return;
        }
        String tool = VariantHint.tool(site.mode().variant(), "");
        for (String each : List.of(tool, tool.replace("iptables", "ip6tables"))) {
            node.run(each, "-w", "5", "-t", "nat", "-F").orThrow();
        }
    }
}
