// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.fault;

import dev.sluice.core.net.IpAddress;
import java.util.List;

/** A way to the API server that breaks, with and without a word. */
final class LinkFaults {
    private LinkFaults() {}

    static List<FaultGroup> all() {
        return List.of(
                alone(new FaultRow("packets to and from the API server are dropped", LinkFaults::dropped)),
                alone(new FaultRow("a balancer that stops forwarding", LinkFaults::held)),
                alone(new FaultRow("half-open connections: the peer forgot them", LinkFaults::halfOpen)),
                alone(new FaultRow("the API server is away: connections are closed at once", LinkFaults::refused)),
                alone(new FaultRow("every connection is reset once", LinkFaults::reset)));
    }

    private static FaultGroup alone(FaultRow row) {
        return FaultGroup.of(SiteSetup.PLAIN, row);
    }

    static void dropped(FaultSite site, FaultRun run) throws Exception {
        run.begin(() -> site.dropPackets(true));
        IpAddress late = site.putLate();
        run.noticed(Sign.log("cannot be reached"), Sign.log("The rules in force stay"), Sign.unwatched("services"));
        run.underTraffic();
        run.alive();
        run.end(() -> site.dropPackets(false));
        run.recovered(late);
    }

    private static void held(FaultSite site, FaultRun run) throws Exception {
        run.begin(() -> site.relay.hold(true));
        IpAddress late = site.putLate();
        run.noticed(Sign.log("cannot be reached: it does not answer in time"), Sign.unwatched("services"));
        run.underTraffic();
        run.alive();
        run.end(() -> site.relay.hold(false));
        run.recovered(late);
    }

    private static void halfOpen(FaultSite site, FaultRun run) throws Exception {
        run.begin(() -> {
            site.dropPackets(true); // neither FIN nor RST gets through
            site.relay.reset();
            site.dropPackets(false);
        });
        IpAddress late = site.putLate();
        run.servedMeanwhile(late);
        run.noticed(Sign.metric("sluice_watch_restarts_total", "grows", sum -> sum >= 1));
        run.end(() -> {});
        run.underTraffic();
    }

    private static void refused(FaultSite site, FaultRun run) throws Exception {
        run.begin(() -> {
            site.api.stop();
            site.relay.reset();
        });
        IpAddress late = site.putLate();
        run.noticed(Sign.log("cannot be reached"), Sign.unwatched("services"));
        run.underTraffic();
        run.alive();
        run.end(() -> site.lab.otherNode().call(() -> {
            site.api.listen(null);
            return true;
        }));
        run.recovered(late);
    }

    private static void reset(FaultSite site, FaultRun run) throws Exception {
        run.begin(site.relay::reset);
        run.noticed(Sign.restarts("broken", 1));
        run.end(() -> {});
        run.recovered(site.putLate());
        run.underTraffic();
    }
}
