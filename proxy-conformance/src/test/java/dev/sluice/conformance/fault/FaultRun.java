// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.fault;

import dev.sluice.core.net.IpAddress;
import dev.sluice.testkit.daemon.HttpPage;
import dev.sluice.testkit.timing.Attempts;
import dev.sluice.testkit.timing.Attempts.Observation;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** One row while it is played: the moments at which things were seen. */
final class FaultRun {
    /** A line of the log of severity W or E. */
    private static final Pattern WARNING = Pattern.compile("^[WE]\\d{4} ");

    /** Far more than anything takes here, on a busy machine as well. */
    static final Duration LIMIT = Duration.ofMinutes(2);

    private static final long ENOUGH_CALLS = 60;
    private final FaultSite site;
    private final List<Sign> signs = new ArrayList<>();
    private final long lostBefore;
    private final long answeredBefore;
    private long begun = System.nanoTime();
    private int logBefore;
    private long ended;
    private String noticed = "need not be";
    private String recovered = "";
    private long mayLose;

    /** A step that changes something. */
    @FunctionalInterface
    interface Change {
        void make() throws Exception;
    }

    FaultRun(FaultSite site) {
        this.site = site;
        lostBefore = site.traffic().lost().total();
        answeredBefore = site.traffic().answered();
        logBefore = site.daemon().logText().length();
    }

    static void until(String what, Callable<Boolean> condition) {
        Attempts.untilTrue(LIMIT, what, condition);
    }

    /** The fault begins. */
    void begin(Change fault) throws Exception {
        logBefore = site.daemon().logText().length();
        begun = System.nanoTime();
        fault.make();
    }

    /** What the daemon has logged since the fault began. */
    String log() {
        return site.daemon().logText().substring(logBefore);
    }

    void expectNoWarning() {
        List<String> warnings = log().lines().filter(WARNING.asPredicate()).toList();
        if (!warnings.isEmpty()) {
            throw new AssertionError("nothing is wrong, but the log says: " + warnings);
        }
    }

    /** Waits for every sign. */
    void noticed(Sign... expected) {
        for (Sign sign : expected) {
            signs.add(sign);
            Attempts.until(
                    LIMIT, sign.text(), () -> new Observation(sign.look().isSeen(site, log()), lastLines(log())));
        }
        noticed = since(begun);
    }

    /** The end of what was logged, for a failure. */
    private static String lastLines(String log) {
        return log.substring(Math.max(0, log.length() - 500));
    }

    /** Waits until the traffic has had a good many answers in this state. */
    void underTraffic() {
        long before = site.traffic().answered();
        until("traffic goes on", () -> site.traffic().answered() - before >= ENOUGH_CALLS);
    }

    /** The fault ends. */
    void end(Change cure) throws Exception {
        ended = System.nanoTime();
        cure.make();
    }

    /** Waits until a Service that was created during the fault answers. */
    void recovered(IpAddress late) {
        until("the Service created meanwhile answers", () -> site.answers(late));
        recovered = since(ended);
    }

    /** Waits for a change to be served although the fault goes on. */
    void servedMeanwhile(IpAddress late) {
        until("the Service created meanwhile answers", () -> site.answers(late));
        recovered = "a change is served after " + since(begun) + " meanwhile";
    }

    /** Waits until the daemon, started again, is ready and serves what came meanwhile. */
    void restarted(IpAddress late) {
        site.awaitReady();
        recovered(late);
        outcomesOf(site.traffic());
    }

    /** Waits for the calls that are under way, so that what they lose counts for this row. */
    private static void outcomesOf(SteadyTraffic traffic) {
        Map<String, Long> before = traffic.ended();
        until(
                "calls of each kind end",
                () -> traffic.ended().entrySet().stream()
                        .allMatch(kind -> kind.getValue() > before.getOrDefault(kind.getKey(), 0L)));
    }

    /** {@code /livez} has answered all the time. */
    void answered(List<Long> waits, long limit) {
        List<Long> nanos = waits.stream().sorted().toList();
        // a busy machine may hold us up once
        if (nanos.get(nanos.size() / 2) > limit || nanos.getLast() > 10 * limit) {
            throw new AssertionError("/livez took, in nanoseconds: " + nanos);
        }
        recovered = String.format(Locale.ROOT, "`/livez` answers within %.3f s meanwhile", nanos.getLast() / 1e9);
    }

    /** The mode carries the traffic itself: what is lost is measured, not forbidden. */
    void mayLose() {
        mayLose(Long.MAX_VALUE);
    }

    void mayLose(long most) {
        mayLose = most;
    }

    void alive() throws IOException {
        HttpPage page = site.daemon().health("/livez");
        if (page.status() != 200) {
            throw new AssertionError("/livez: " + page.status() + " " + page.body());
        }
    }

    FaultResult result(String fault, String error) {
        long lost = site.traffic().lost().total() - lostBefore;
        long calls = lost + site.traffic().answered() - answeredBefore;
        String all = error;
        if (all.isEmpty() && lost > mayLose) {
            all = lost + " of " + calls + " calls were lost: " + site.traffic().lost();
        }
        String where = signs.stream().map(Sign::text).collect(Collectors.joining("; "));
        return new FaultResult(
                fault,
                noticed,
                where.isEmpty() ? "nothing is wrong" : where,
                lost + " of " + calls,
                recovered,
                (System.nanoTime() - begun) / 1_000_000,
                all);
    }

    private static String since(long nanos) {
        return String.format(Locale.ROOT, "%.1f s", (System.nanoTime() - nanos) / 1e9);
    }
}
