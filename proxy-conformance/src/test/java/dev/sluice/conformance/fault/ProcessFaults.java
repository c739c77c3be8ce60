// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.fault;

import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.net.IpAddress;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;

/** A daemon that is stopped, killed, or whose clock jumps; and the other modes under a few faults of the API. */
final class ProcessFaults {
    private ProcessFaults() {}

    static List<FaultGroup> all() {
        return List.of(
                FaultGroup.of(
                        SiteSetup.PLAIN,
                        new FaultRow("iptables: kill -STOP", (site, run) -> stopped(site, run, false)),
                        new FaultRow("iptables: kill -9", (site, run) -> killed(site, run, false))),
                FaultGroup.of(
                        SiteSetup.PLAIN.in(ProxyMode.NFTABLES),
                        new FaultRow("nftables: kill -STOP", (site, run) -> stopped(site, run, false)),
                        new FaultRow("nftables: kill -9", (site, run) -> killed(site, run, false)),
                        new FaultRow("nftables: versions go back", VersionFaults::restored)),
                FaultGroup.of(
                        SiteSetup.PLAIN.in(ProxyMode.USERSPACE),
                        new FaultRow("userspace: kill -STOP", (site, run) -> stopped(site, run, true)),
                        new FaultRow("userspace: kill -9", (site, run) -> killed(site, run, true)),
                        new FaultRow("userspace: HTTP 410 at each watch, again and again", AnswerFaults::expired),
                        new FaultRow("userspace: versions go back", VersionFaults::restored),
                        new FaultRow("userspace: packets to and from the API server are dropped", LinkFaults::dropped)),
                FaultGroup.of(
                        SiteSetup.PLAIN.in(ProxyMode.IPVS),
                        new FaultRow("ipvs: kill -STOP", (site, run) -> stopped(site, run, false)),
                        new FaultRow("ipvs: kill -9", (site, run) -> killed(site, run, false)),
                        new FaultRow("ipvs: HTTP 410 at each watch, again and again", AnswerFaults::expired),
                        new FaultRow("ipvs: versions go back", VersionFaults::restored)),
                FaultGroup.of(
                        SiteSetup.CLOCK,
                        new FaultRow("the clock jumps a day ahead", (site, run) -> jumped(site, run, 1)),
                        new FaultRow("the clock jumps a day back", (site, run) -> jumped(site, run, -1))));
    }

    private static void stopped(FaultSite site, FaultRun run, boolean carriesTraffic) throws Exception {
        if (carriesTraffic) {
            run.mayLose();
        }
        run.begin(() -> signal(site, "STOP"));
        IpAddress late = site.putLate();
        run.noticed(Sign.noAnswer());
        if (!carriesTraffic) {
            run.underTraffic();
        }
        run.end(() -> signal(site, "CONT"));
        run.recovered(late);
        run.underTraffic();
        run.alive();
    }

    private static void killed(FaultSite site, FaultRun run, boolean carriesTraffic) throws Exception {
        if (carriesTraffic) {
            run.mayLose();
        }
        run.begin(site.daemon()::kill);
        IpAddress late = site.putLate();
        run.noticed(Sign.noAnswer());
        if (!carriesTraffic) {
            run.underTraffic();
        }
        run.end(site::launch);
        run.restarted(late);
        run.underTraffic();
    }

    private static void signal(FaultSite site, String name) {
        site.lab
                .node()
                .run("kill", "-" + name, Long.toString(site.daemon().pid()))
                .orThrow();
    }

    private static void jumped(FaultSite site, FaultRun run, int days) throws Exception {
        run.begin(() -> site.clock().jump(Duration.ofDays(days)));
        FaultRun.until("the daemon has that day", () -> {
            String day = LocalDate.now(ZoneOffset.UTC).plusDays(days).toString();
            return site.daemon().healthz().body().contains("\"currentTime\":\"" + day);
        });
        run.servedMeanwhile(site.putLate());
        run.underTraffic();
        run.alive();
        FaultRun.until("healthy", () -> site.daemon().healthz().status() == 200);
        run.end(() -> site.clock().jump(Duration.ZERO));
        IpAddress next = site.putLate();
        FaultRun.until("the next Service answers", () -> site.answers(next));
        run.alive();
    }
}
