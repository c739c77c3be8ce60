// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.fault;

import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.net.IpAddress;
import dev.sluice.testkit.inject.ThreadFaults.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;

/** Threads of the daemon that fail. Their work begins again, or the process ends and is started again. */
final class ThreadDeaths {
    private static final String AGAIN = "%s failed; its work begins again";
    private static final String DEFECT = "%s failed: this is a defect of Sluice";

    /** On it nothing of the daemon runs. */
    private static final String SELECTOR = "HttpClient-\\d+-SelectorManager";

    private static final String LOOP = "sluice-proxy-\\d+-\\d+";

    private static final String RESTORE_FAILURES = "kubeproxy_sync_proxy_rules_iptables_restore_failures_total";
    private static final String ANYWHERE = ".*";
    private static final String RESTARTS = "sluice_watch_restarts_total";
    private static final String CONNECTION = ".*\\.RelaySocket";

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
                        goesOn("api-services", Kind.OVERFLOW, "services are listed anew after a defect", site -> {}),
                        goesOn("api-endpointslices", Kind.OVERFLOW, "are listed anew after a defect", site -> {}),
                        goesOn("api-nodes", Kind.DEFECT, "nodes are listed anew after a defect", ThreadDeaths::putNode),
                        goesOn("events", Kind.DEFECT, DEFECT, ThreadDeaths::putInvalid),
                        goesOn("events", Kind.OVERFLOW, DEFECT, ThreadDeaths::putInvalid)),
                FaultGroup.of(
                        SiteSetup.THREADS,
                        goesOn("rule-watch", Kind.DEFECT, AGAIN, ThreadDeaths::changeForeignRule),
                        goesOn("rule-watch", Kind.OVERFLOW, AGAIN, ThreadDeaths::changeForeignRule),
                        goesOn("link-monitor", Kind.DEFECT, AGAIN, ThreadDeaths::changeAddress),
                        goesOn("link-monitor", Kind.OVERFLOW, AGAIN, ThreadDeaths::changeAddress),
                        repair(Kind.DEFECT),
                        repair(Kind.OVERFLOW),
                        goesOn("sluice-lock", Kind.DEFECT, AGAIN, site -> {}),
                        goesOn("sluice-lock", Kind.OVERFLOW, AGAIN, site -> {})),
                FaultGroup.of(
                        SiteSetup.THREADS,
                        goesOn("sluice-watchdog", Kind.DEFECT, AGAIN, site -> {}),
                        goesOn("sluice-watchdog", Kind.OVERFLOW, AGAIN, site -> {}),
                        goesOn("sluice-config", Kind.DEFECT, AGAIN, ThreadDeaths::touchConfig),
                        goesOn("sluice-config", Kind.OVERFLOW, AGAIN, ThreadDeaths::touchConfig),
                        goesOn("sluice-snapshot", Kind.DEFECT, AGAIN, FaultSite::putLate),
                        goesOn("sluice-snapshot", Kind.OVERFLOW, AGAIN, FaultSite::putLate),
                        pageWorker(Kind.DEFECT),
                        pageWorker(Kind.OVERFLOW)),
                FaultGroup.of(
                        SiteSetup.THREADS,
                        ends("sluice-sync", Kind.MEMORY),
                        ends("sluice-healthz", Kind.DEFECT),
                        ends("sluice-metrics", Kind.MEMORY),
                        ends("sluice-metrics/metrics", Kind.MEMORY, FaultSite::scrape)),
                FaultGroup.of(
                        SiteSetup.THREADS,
                        ends("api-services", Kind.MEMORY),
                        ends("api-\\d+", Kind.MEMORY),
                        ends("sluice-health-ports", Kind.DEFECT),
                        ends("sluice-health-ports", Kind.MEMORY)),
                FaultGroup.of(
                        SiteSetup.MANIFESTS,
                        manifests(Kind.DEFECT),
                        manifests(Kind.OVERFLOW),
                        ends("manifests", Kind.MEMORY)),
                FaultGroup.of(
                        SiteSetup.THREADS.in(ProxyMode.USERSPACE),
                        goesOn("sluice-handover", Kind.DEFECT, AGAIN, site -> {}),
                        goesOn("sluice-handover", Kind.OVERFLOW, AGAIN, site -> {}),
                        oneIsLost(Kind.DEFECT),
                        oneIsLost(Kind.OVERFLOW),
                        loopEnds(Kind.MEMORY)),
                FaultGroup.of(
                        SiteSetup.THREADS,
                        toolFails(Kind.DEFECT),
                        toolFails(Kind.OVERFLOW),
                        poolGoesOn(),
                        selectorGoesOn(Kind.DEFECT)),
                FaultGroup.of(SiteSetup.THREADS, selectorGoesOn(Kind.OVERFLOW), ends(SELECTOR, Kind.MEMORY)));
    }

    private static String row(String thread, Kind kind) {
        return "thread `" + thread.replace("\\d+", "N") + "`: " + words(kind);
    }

    /** At the directory itself, since what fails inside of a file is that file's. */
    private static FaultRow manifests(Kind kind) {
        return goesOn("manifests", kind, ".*\\.ManifestDirectory", AGAIN, site -> {});
    }

    private static FaultRow goesOn(String thread, Kind kind, String words, WakeUp wakeUp) {
        return goesOn(thread, kind, ANYWHERE, words, wakeUp);
    }

    private static FaultRow goesOn(String thread, Kind kind, String type, String words, WakeUp wakeUp) {
        return new FaultRow(row(thread, kind), (site, run) -> {
            IpAddress late = fails(site, run, thread, kind, type, wakeUp);
            run.noticed(Sign.log(words.formatted(thread), AGAIN.formatted(thread)));
            goesOn(run, late);
        });
    }

    private static IpAddress fails(FaultSite site, FaultRun run, String thread, Kind kind, WakeUp wakeUp)
            throws Exception {
        return fails(site, run, thread, kind, ANYWHERE, wakeUp);
    }

    private static IpAddress fails(FaultSite site, FaultRun run, String thread, Kind kind, String type, WakeUp wakeUp)
            throws Exception {
        run.begin(() -> site.threads().fail(thread, kind, type));
        IpAddress late = site.putLate();
        FaultRun.until(thread + " fails", () -> {
            wakeUp.run(site);
            return site.threads().hasFailed();
        });
        return late;
    }

    private static void goesOn(FaultRun run, IpAddress late) throws Exception {
        run.alive();
        run.end(() -> {});
        run.recovered(late);
        run.underTraffic();
    }

    private static FaultRow ends(String thread, Kind kind) {
        return ends(thread, kind, site -> {});
    }

    private static FaultRow ends(String thread, Kind kind, WakeUp wakeUp) {
        return new FaultRow(row(thread, kind), (site, run) -> ends(site, run, thread, kind, wakeUp));
    }

    private static void ends(FaultSite site, FaultRun run, String thread, Kind kind, WakeUp wakeUp) throws Exception {
        ended(site, run, fails(site, run, thread, kind, wakeUp));
    }

    private static void ended(FaultSite site, FaultRun run, IpAddress late) throws Exception {
        run.noticed(Sign.exit(1), Sign.log("cannot go on"));
        if (site.setup().mode() != ProxyMode.USERSPACE) {
            run.underTraffic();
        }
        run.end(site::launch);
        run.restarted(late);
        run.underTraffic();
    }

    /** What another program has added to our rules is removed in spite of it. */
    private static FaultRow repair(Kind kind) {
        return new FaultRow(row("sluice-repair", kind), (site, run) -> {
            IpAddress late = fails(site, run, "sluice-repair", kind, ThreadDeaths::spoilRules);
            run.noticed(Sign.log(AGAIN.formatted("sluice-repair")));
            FaultRun.until(
                    "the rule is removed",
                    () -> !site.lab
                            .node()
                            .run("iptables-nft", "-w", "-t", "nat", "-S", "KUBE-SERVICES")
                            .output()
                            .contains("FOREIGN"));
            goesOn(run, late);
        });
    }

    /** The connection that an event loop was at is lost, and no other. */
    private static FaultRow oneIsLost(Kind kind) {
        return new FaultRow(row(LOOP, kind) + " at a connection", (site, run) -> {
            run.mayLose(1);
            IpAddress late = fails(site, run, LOOP, kind, CONNECTION, any -> {});
            run.noticed(Sign.log("a connection failed: this is a defect of Sluice"));
            goesOn(run, late);
        });
    }

    private static FaultRow loopEnds(Kind kind) {
        return new FaultRow(row(LOOP, kind) + " at a connection", (site, run) -> {
            run.mayLose();
            IpAddress late = fails(site, run, LOOP, kind, CONNECTION, any -> {});
            ended(site, run, late);
        });
    }

    /** The sync that runs the tool fails, and is tried again. */
    private static FaultRow toolFails(Kind kind) {
        return new FaultRow("thread `iptables-restore output`: " + words(kind), (site, run) -> {
            IpAddress late = fails(site, run, "ip.*-restore.output", kind, any -> {});
            run.noticed(Sign.metric(RESTORE_FAILURES, "grows", failures -> failures >= 1));
            goesOn(run, late);
        });
    }

    private static FaultRow poolGoesOn() {
        return new FaultRow(row("api-\\d+", Kind.DEFECT), (site, run) -> {
            IpAddress late = fails(site, run, "api-\\d+", Kind.DEFECT, ".*ApiClient", ThreadDeaths::putService);
            // of whatever watch the thread was at
            run.noticed(Sign.metric(RESTARTS, "grows", restarts -> restarts >= 1));
            goesOn(run, late);
        });
    }

    private static FaultRow selectorGoesOn(Kind kind) {
        return new FaultRow(row(SELECTOR, kind), (site, run) -> {
            IpAddress late = fails(site, run, SELECTOR, kind, any -> {});
            run.noticed(new Sign("`" + RESTARTS + "` grows", (at, log) -> hasBroken(at, kind)));
            goesOn(run, late);
        });
    }

    /** Whether a watch has ended; the JDK swallows a failure at some places, after which there is the next. */
    private static boolean hasBroken(FaultSite site, Kind kind) throws IOException {
        boolean broken = Sign.sum(site.daemon().metrics(), RESTARTS) >= 1;
        if (!broken && site.threads().hasFailed()) {
            site.threads().fail(SELECTOR, kind);
        }
        return broken;
    }

    /** At the page itself, since what fails inside of a page is that page's. */
    private static FaultRow pageWorker(Kind kind) {
        String worker = "sluice-metrics/metrics";
        return new FaultRow(row(worker, kind), (site, run) -> {
            IpAddress late = fails(site, run, worker, kind, ".*HttpConnection\\$PageTask", FaultSite::scrape);
            run.noticed(Sign.log(DEFECT.formatted(worker)));
            goesOn(run, late);
        });
    }

    private static String words(Kind kind) {
        return switch (kind) {
            case DEFECT -> "an exception";
            case OVERFLOW -> "StackOverflowError";
            case MEMORY -> "OutOfMemoryError";
        };
    }

    private static void putNode(FaultSite site) {
        ClusterObjects.putNode(site::put);
    }

    /** One more each time: an Event that says the same again is not sent. */
    private static void putInvalid(FaultSite site) {
        ClusterObjects.putService(site::put, "bad" + System.nanoTime(), "10.96.2.1", "TCP", 0);
    }

    /** Another port each time, so that each is an event. */
    private static void putService(FaultSite site) {
        int port = 1024 + (int) ((System.nanoTime() >>> 10) % 10_000);
        ClusterObjects.putService(site::put, "other", "10.96.2.2", "TCP", port);
    }

    private static void touchConfig(FaultSite site) throws IOException {
        Files.writeString(site.configFile().resolveSibling("another"), Long.toString(System.nanoTime()));
    }

    private static void changeForeignRule(FaultSite site) {
        site.lab.node().run("iptables-nft", "-w", "-t", "mangle", "-N", "FOREIGN");
        site.lab.node().run("iptables-nft", "-w", "-t", "mangle", "-X", "FOREIGN");
    }

    private static void spoilRules(FaultSite site) {
        site.lab
                .node()
                .run(
                        "iptables-nft",
                        "-w",
                        "-t",
                        "nat",
                        "-A",
                        "KUBE-SERVICES",
                        "-p",
                        "252",
                        "-m",
                        "comment",
                        "--comment",
                        "FOREIGN",
                        "-j",
                        "RETURN");
    }

    private static void changeAddress(FaultSite site) {
        site.lab.node().run("ip", "address", "add", "192.0.2.9/32", "dev", "lo");
        site.lab.node().run("ip", "address", "delete", "192.0.2.9/32", "dev", "lo");
    }
}
