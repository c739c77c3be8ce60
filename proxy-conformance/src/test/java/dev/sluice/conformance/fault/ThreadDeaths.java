// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.fault;

import dev.sluice.core.net.IpAddress;
import dev.sluice.testkit.inject.ThreadFaults.Kind;
import java.util.List;

/** Threads of the daemon that fail. Their work begins again, or the process ends and is started again. */
final class ThreadDeaths {
    private ThreadDeaths() {}

    /** Makes a thread do something. */
    @FunctionalInterface
    private interface WakeUp {
        void run(FaultSite site) throws Exception;
    }

    static List<FaultGroup> all() {
        return List.of(
                FaultGroup.of(
                        SiteSetup.THREADS,
                        goesOn("api-services", Kind.DEFECT, "services are listed anew after a defect", site -> {}),
                        goesOn("api-endpointslices", Kind.OVERFLOW, "are listed anew after a defect", site -> {}),
                        goesOn(
                                "api-nodes",
                                Kind.DEFECT,
                                "nodes are listed anew after a defect",
                                site -> ClusterObjects.putNode(site.api)),
                        goesOn(
                                "rule-watch",
                                Kind.DEFECT,
                                "rule-watch failed; its work begins again",
                                ThreadDeaths::changeForeignRule),
                        goesOn(
                                "link-monitor",
                                Kind.OVERFLOW,
                                "link-monitor failed; its work begins again",
                                ThreadDeaths::changeAddress),
                        goesOn("sluice-lock", Kind.DEFECT, "sluice-lock failed; its work begins again", site -> {}),
                        goesOn(
                                "sluice-watchdog",
                                Kind.OVERFLOW,
                                "sluice-watchdog failed; its work begins again",
                                site -> {}),
                        goesOn(
                                "events",
                                Kind.DEFECT,
                                "events failed: this is a defect of Sluice",
                                site -> ClusterObjects.putService(site.api, "bad", "10.96.2.1", "TCP", 0))),
                FaultGroup.of(
                        SiteSetup.THREADS,
                        ends("sluice-sync", Kind.MEMORY),
                        ends("sluice-healthz", Kind.DEFECT),
                        ends("sluice-metrics", Kind.MEMORY),
                        ends("api-services", Kind.MEMORY)));
    }

    private static FaultRow goesOn(String thread, Kind kind, String words, WakeUp wakeUp) {
        return new FaultRow("thread `" + thread + "`: " + words(kind), (site, run) -> {
            run.begin(() -> site.threads().fail(thread, kind));
            IpAddress late = site.putLate();
            FaultRun.until(thread + " fails", () -> {
                wakeUp.run(site);
                return site.threads().hasFailed();
            });
            run.noticed(Sign.log(words));
            run.alive();
            run.end(() -> {});
            run.recovered(late);
            run.underTraffic();
        });
    }

    private static FaultRow ends(String thread, Kind kind) {
        return new FaultRow("thread `" + thread + "`: " + words(kind), (site, run) -> {
            run.begin(() -> site.threads().fail(thread, kind));
            IpAddress late = site.putLate();
            run.noticed(Sign.exit(1), Sign.log("cannot go on"));
            run.underTraffic();
            run.end(site::launch);
            run.restarted(late);
            run.underTraffic();
        });
    }

    private static String words(Kind kind) {
        return switch (kind) {
            case DEFECT -> "an exception";
            case OVERFLOW -> "StackOverflowError";
            case MEMORY -> "OutOfMemoryError";
        };
    }

    private static void changeForeignRule(FaultSite site) {
        site.lab.node().run("iptables-nft", "-w", "-t", "mangle", "-N", "FOREIGN");
        site.lab.node().run("iptables-nft", "-w", "-t", "mangle", "-X", "FOREIGN");
    }

    private static void changeAddress(FaultSite site) {
        site.lab.node().run("ip", "address", "add", "192.0.2.9/32", "dev", "lo");
        site.lab.node().run("ip", "address", "delete", "192.0.2.9/32", "dev", "lo");
    }
}
