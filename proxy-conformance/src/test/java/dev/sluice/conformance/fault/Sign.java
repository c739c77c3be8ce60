// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.fault;

import dev.sluice.core.net.IpAddress;
import dev.sluice.testkit.lab.Connection;
import java.io.IOException;
import java.util.function.DoublePredicate;
import java.util.regex.Pattern;

/**
 * Something by which an operator notices a fault.
 *
 * @param text as the table has it
 */
record Sign(String text, Look look) {
    private static final IpAddress LOOPBACK = IpAddress.of("127.0.0.1");
    private static final int HEALTH_PORT = 10256;

    /** Looks for the sign. */
    @FunctionalInterface
    interface Look {
        /** @param log what the daemon has logged since the fault began */
        boolean isSeen(FaultSite site, String log) throws IOException;
    }

    /** A line of the log contains {@code words}. */
    static Sign log(String words) {
        return new Sign("log: `" + words + "`", (site, log) -> log.contains(words));
    }

    /** As {@link #log(String)}; it contains {@code otherwise} when the fault has struck at a rarer place. */
    static Sign log(String words, String otherwise) {
        return new Sign(log(words).text, (site, log) -> log.contains(words) || log.contains(otherwise));
    }

    /** The sum of the series that begin with {@code series} is as expected. */
    static Sign metric(String series, String expected, DoublePredicate value) {
        return new Sign(
                "`" + series + "` " + expected,
                (site, log) -> value.test(sum(site.daemon().metrics(), series)));
    }

    /** A resource is not watched. */
    static Sign unwatched(String resource) {
        return metric("sluice_watch_up{resource=\"" + resource + "\"}", "0", value -> value == 0);
    }

    /** Watches of Services have ended for a cause. */
    static Sign restarts(String cause, int times) {
        return metric(
                "sluice_watch_restarts_total{cause=\"" + cause + "\",resource=\"services\"}",
                "grows",
                value -> value >= times);
    }

    /** {@code /livez} gives no answer. */
    static Sign noAnswer() {
        return new Sign("`/livez` does not answer", (site, log) -> {
            try (Connection connection = site.lab.node().caller().connect(LOOPBACK, HEALTH_PORT)) {
                connection.send("GET /livez HTTP/1.0\r\n\r\n");
                return connection.readLine().isEmpty();
            } catch (IOException e) {
                return true;
            }
        });
    }

    /** The process has ended with an exit code. */
    static Sign exit(int code) {
        return new Sign(
                "exit code " + code,
                (site, log) -> !site.daemon().isAlive() && site.daemon().awaitEnd(FaultRun.LIMIT) == code);
    }

    static double sum(String page, String series) {
        Pattern line = Pattern.compile(Pattern.quote(series) + "(?:\\{.*})? .*");
        return page.lines()
                .filter(each -> line.matcher(each).matches())
                .mapToDouble(each -> Double.parseDouble(each.substring(each.lastIndexOf(' ') + 1)))
                .sum();
    }
}
