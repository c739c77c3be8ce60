// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.fault;

import dev.sluice.core.net.IpAddress;
import dev.sluice.testkit.api.ApiFault;
import java.time.Duration;
import java.util.List;

/** An API server whose answers are late, refusals, or not those of an API server. */
final class AnswerFaults {
    private static final String DURATION = "rest_client_request_duration_seconds_sum";

    private AnswerFaults() {}

    static List<FaultGroup> all() {
        return List.of(
                alone(slow(35)),
                alone(slow(12)),
                alone(new FaultRow("start under an API server that answers in 12 s", AnswerFaults::slowStart)),
                alone(refused(500, "refused by the test")),
                alone(refused(403, "the proxy's account may not do this")),
                alone(refused(401, "it does not accept the proxy's credentials")),
                alone(new FaultRow("HTTP 429 with Retry-After of 5 s to everything", AnswerFaults::tooManyRequests)),
                alone(new FaultRow("HTTP 410 at each watch, again and again", AnswerFaults::expired)),
                alone(new FaultRow("captive portal: a login page with HTTP 200", AnswerFaults::captivePortal)),
                alone(new FaultRow("lists that break off in the middle", AnswerFaults::cutLists)),
                alone(new FaultRow("no upgrade to WebSocket", AnswerFaults::noWebSocket)));
    }

    private static FaultGroup alone(FaultRow row) {
        return FaultGroup.of(SiteSetup.PLAIN, row);
    }

    private static FaultRow slow(int seconds) {
        return new FaultRow("each answer comes after " + seconds + " s", (site, run) -> {
            run.begin(() -> site.api.misbehave(ApiFault.slow(Duration.ofSeconds(seconds))));
            site.api.cut();
            IpAddress late = site.putLate();
            run.servedMeanwhile(late);
            run.noticed(Sign.metric(DURATION, "grows", sum -> sum >= seconds));
            run.alive();
            run.end(site.api::behave);
        });
    }

    private static void slowStart(FaultSite site, FaultRun run) throws Exception {
        run.begin(() -> {
            site.daemon().terminate(FaultRun.LIMIT);
            site.api.misbehave(ApiFault.slow(Duration.ofSeconds(12)));
        });
        IpAddress late = site.putLate();
        site.launch();
        site.awaitReady();
        run.servedMeanwhile(late);
        run.noticed(Sign.metric(DURATION, "grows", sum -> sum >= 12));
        run.end(site.api::behave);
    }

    private static FaultRow refused(int status, String words) {
        return new FaultRow("HTTP " + status + " to everything", (site, run) -> {
            run.begin(() -> site.api.misbehave(ApiFault.refusal(status)));
            site.api.cut();
            IpAddress late = site.putLate();
            run.noticed(Sign.log("of services with HTTP " + status), Sign.log(words), Sign.unwatched("services"));
            run.underTraffic();
            run.alive();
            run.end(site.api::behave);
            run.recovered(late);
        });
    }

    private static void tooManyRequests(FaultSite site, FaultRun run) throws Exception {
        run.begin(() -> site.api.misbehave(ApiFault.tooManyRequests(Duration.ofSeconds(5))));
        site.api.cut();
        IpAddress late = site.putLate();
        run.noticed(
                Sign.log("of services with HTTP 429"),
                Sign.metric("rest_client_request_retries_total", "grows", sum -> sum >= 3));
        int before = site.api.requests().size();
        run.underTraffic();
        expectFew(site, before, 12);
        run.end(site.api::behave);
        run.recovered(late);
    }

    static void expired(FaultSite site, FaultRun run) throws Exception {
        int before = site.api.requests().size();
        run.begin(() -> site.api.misbehave(ApiFault.expiredWatches()));
        site.api.cut();
        IpAddress late = site.putLate();
        run.noticed(Sign.log("ends watch of services again and again"), Sign.restarts("expired", 3));
        run.underTraffic();
        // three resources, each listed and watched with growing delays
        expectFew(site, before, 60);
        run.end(site.api::behave);
        run.recovered(late);
    }

    private static void expectFew(FaultSite site, int before, int most) {
        int requests = site.api.requests().size() - before;
        if (requests > most) {
            throw new AssertionError(requests + " requests are a storm");
        }
    }

    private static void captivePortal(FaultSite site, FaultRun run) throws Exception {
        run.begin(() -> site.api.misbehave(ApiFault.loginPage()));
        site.api.cut();
        IpAddress late = site.putLate();
        run.noticed(
                Sign.log("gave no usable answer"),
                Sign.log("is there a proxy or a login page in between?"),
                Sign.unwatched("services"));
        run.underTraffic();
        run.alive();
        run.end(site.api::behave);
        run.recovered(late);
    }

    private static void cutLists(FaultSite site, FaultRun run) throws Exception {
        IpAddress[] late = new IpAddress[1];
        run.begin(() -> {
            site.api.misbehave(ApiFault.cutLists());
            site.api.unseen(() -> late[0] = site.putLate());
            site.api.cut();
        });
        run.noticed(Sign.log("ends list of services again and again"));
        run.underTraffic();
        run.alive();
        run.end(site.api::behave);
        run.recovered(late[0]);
    }

    private static void noWebSocket(FaultSite site, FaultRun run) throws Exception {
        run.begin(() -> site.api.misbehave(ApiFault.noWebSocket()));
        site.api.cut();
        run.servedMeanwhile(site.putLate());
        run.expectNoWarning();
        run.underTraffic();
        run.end(site.api::behave);
    }
}
