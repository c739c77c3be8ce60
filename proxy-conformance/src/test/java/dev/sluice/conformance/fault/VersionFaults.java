// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.fault;

import dev.sluice.core.net.IpAddress;
import java.util.List;
import java.util.Locale;

/** Resource versions and lists that a client does not expect. */
final class VersionFaults {
    private static final int HUGE = 5_000;

    private VersionFaults() {}

    static List<FaultGroup> all() {
        return List.of(
                alone(new FaultRow("a list of 5,000 Services at once", VersionFaults::hugeList)),
                alone(new FaultRow("no bookmark for 40 s", VersionFaults::noBookmarks)),
                alone(new FaultRow("etcd restored, API restarted: versions go back", VersionFaults::restored)),
                alone(new FaultRow("an event out of order", VersionFaults::outOfOrder)));
    }

    private static FaultGroup alone(FaultRow row) {
        return FaultGroup.of(SiteSetup.PLAIN, row);
    }

    private static void hugeList(FaultSite site, FaultRun run) throws Exception {
        IpAddress[] late = new IpAddress[1];
        run.begin(() -> site.api.unseen(() -> {
            for (int i = 0; i < HUGE; i++) {
                String address = String.format(Locale.ROOT, "10.97.%d.%d", i / 250, 1 + i % 250);
                ClusterObjects.put(site::put, "huge" + i, address, "TCP", 80, 8080, "b5");
            }
            late[0] = site.putLate();
        }));
        site.api.cut();
        run.servedMeanwhile(late[0]);
        run.noticed(Sign.metric("sluice_service_ports", HUGE + " more", ports -> ports > HUGE));
        run.alive();
        run.end(() -> {});
    }

    private static void noBookmarks(FaultSite site, FaultRun run) throws Exception {
        run.begin(() -> {}); // this server never sends any
        run.noticed(Sign.restarts("planned", 1));
        run.expectNoWarning();
        run.end(() -> {});
        run.recovered(site.putLate());
    }

    static void restored(FaultSite site, FaultRun run) throws Exception {
        IpAddress late = site.putLate();
        FaultRun.until("the Service answers", () -> site.answers(late));
        run.begin(() -> {
            site.api.goBack(FaultSite.FIRST_VERSION / 2);
            site.relay.reset();
        });
        IpAddress later = site.putLate();
        run.noticed(Sign.log("versions went back from"));
        run.end(() -> {});
        run.recovered(later);
        run.underTraffic();
    }

    private static void outOfOrder(FaultSite site, FaultRun run) throws Exception {
        String old = ClusterObjects.service("web", SteadyTraffic.TCP.toString(), "TCP", SteadyTraffic.TCP_PORT)
                .replace("VERSION", Long.toString(FaultSite.FIRST_VERSION - 1));
        run.begin(() -> site.api.emitRaw("services", "{\"type\": \"MODIFIED\", \"object\": " + old + "}"));
        run.noticed(Sign.log("services' versions went back from"), Sign.restarts("went-back", 1));
        run.end(() -> {});
        run.recovered(site.putLate());
        run.underTraffic();
    }
}
