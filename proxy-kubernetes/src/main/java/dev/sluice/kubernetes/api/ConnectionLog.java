// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import dev.sluice.kubernetes.api.reflector.ApiFailure;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * Logs once what is wrong with the connection to the API server, again after growing intervals while it stays so, and
 * once that it works again.
 */
final class ConnectionLog {
    private static final Logger LOG = LoggerFactory.getLogger(ConnectionLog.class);
    private static final String SERVER = "server";
    private static final String RULES_STAY = "The rules in force stay; the proxy retries.";
    private static final Duration LONGEST_REMINDER = Duration.ofHours(1);

    /** One connection may be cut, and one version expire, without a problem. */
    private static final int CUTS = 3;

    private final String server;
    private final Duration reminder;
    private final Supplier<String> hint;
    private final Map<String, Trouble> troubles = new HashMap<>();
    private final Map<String, Integer> cuts = new HashMap<>();
    private @Nullable Instant lostSince;
    private @Nullable Trouble unreachable;
    private boolean ended;

    /** Something that was logged and goes on. */
    private static final class Trouble {
        private final String sort;
        private final Instant since = Instant.now();
        private Duration interval;
        private long due;
        private int count;

        Trouble(String sort, Duration interval) {
            this.sort = sort;
            this.interval = interval;
            this.due = System.nanoTime() + interval.toNanos();
        }

        /** Counts it again; returns whether it is time to log it again. */
        boolean again() {
            count++;
            if (System.nanoTime() - due < 0) {
                return false;
            }
            interval = interval.multipliedBy(2).compareTo(LONGEST_REMINDER) < 0
                    ? interval.multipliedBy(2)
                    : LONGEST_REMINDER;
            due = System.nanoTime() + interval.toNanos();
            return true;
        }

        String history() {
            return " (" + (count + 1) + " times since " + since.truncatedTo(java.time.temporal.ChronoUnit.SECONDS)
                    + ")";
        }
    }

    /**
     * @param server its URL
     * @param reminder the first interval
     * @param hint what is wrong with the credentials, empty when nothing is known
     */
    ConnectionLog(String server, Duration reminder, Supplier<String> hint) {
        this.server = server;
        this.reminder = reminder;
        this.hint = hint;
    }

    /** Logs nothing more: what fails from now on fails because the connection is being closed. */
    synchronized void end() {
        ended = true;
    }

    /** The server has answered something. */
    synchronized void answered() {
        if (unreachable != null && lostSince != null) {
            Duration lost = Duration.between(lostSince, Instant.now());
            LOG.atInfo()
                    .addKeyValue("server", server)
                    .addKeyValue("seconds", Math.max(1, lost.toSeconds()))
                    .log("The API server {} answers again, after {} s.", server, Math.max(1, lost.toSeconds()));
        }
        unreachable = null;
        lostSince = null;
    }

    /** A request was granted. */
    synchronized void granted(String verb, String resource) {
        Trouble trouble = troubles.get(key(verb, resource));
        if (trouble != null && !trouble.sort.equals("cut")) {
            troubles.remove(key(verb, resource));
            again(verb, resource);
        }
    }

    /** What was granted has also delivered something. */
    synchronized void worked(String verb, String resource) {
        granted(verb, resource);
        cuts.remove(key(verb, resource));
        if (troubles.remove(key(verb, resource)) != null) {
            again(verb, resource);
        }
    }

    private void again(String verb, String resource) {
        about(LOG.atInfo(), verb, resource).log("The API server {} serves {} of {} again.", server, verb, resource);
    }

    private LoggingEventBuilder about(LoggingEventBuilder event, String verb, String resource) {
        return event.addKeyValue(SERVER, server).addKeyValue("verb", verb).addKeyValue("resource", resource);
    }

    /** A request has failed. */
    synchronized void failed(String verb, String resource, ApiFailure failure) {
        about(LOG.atDebug(), verb, resource).setCause(failure).log("a request failed");
        if (ended) {
            return;
        }
        switch (failure.kind()) {
            case UNREACHABLE -> unreachable(failure);
            case CUT, EXPIRED -> {
                lostSince = lostSince == null ? Instant.now() : lostSince;
                if (cuts.merge(key(verb, resource), 1, Integer::sum) >= CUTS) {
                    String what = failure.kind() == ApiFailure.Kind.CUT
                            ? failure.getMessage()
                            : "its version expires at once (HTTP 410)";
                    say(
                            verb,
                            resource,
                            "cut",
                            failure,
                            "ends " + verb + " of " + resource + " again and again: " + what + ".");
                }
            }
            case WENT_BACK ->
                about(LOG.atWarn(), verb, resource)
                        .log(
                                "The API server {}: {} are listed anew.",
                                server,
                                resource + "' " + failure.getMessage() + ";");
            case NO_API_ANSWER ->
                say(
                        verb,
                        resource,
                        "nonsense",
                        failure,
                        "gave no usable answer to " + verb + " of " + resource + ": " + failure.getMessage()
                                + ". What is known stays.");
            case REFUSED ->
                say(
                        verb,
                        resource,
                        "HTTP " + failure.status(),
                        failure,
                        "refuses " + verb + " of " + resource + " with HTTP " + failure.status() + ": "
                                + advice(failure));
        }
    }

    private void unreachable(ApiFailure failure) {
        lostSince = lostSince == null ? Instant.now() : lostSince;
        Trouble before = unreachable;
        if (before == null) {
            unreachable = new Trouble("", reminder);
            lost(failure, "");
        } else if (before.again()) {
            lost(failure, before.history());
        }
    }

    private void lost(ApiFailure failure, String history) {
        LOG.atWarn()
                .addKeyValue(SERVER, server)
                .addKeyValue("cause", failure.getMessage())
                .log("The API server {} cannot be reached{}: {}. {}", server, history, reason(failure), RULES_STAY);
    }

    private String reason(ApiFailure failure) {
        return failure.getMessage() + (failure.getMessage().startsWith("TLS") ? hinted() : "");
    }

    private void say(String verb, String resource, String sort, ApiFailure failure, String text) {
        Trouble before = troubles.get(key(verb, resource));
        if (before == null || !before.sort.equals(sort)) {
            troubles.put(key(verb, resource), new Trouble(sort, reminder));
            failing(verb, resource, failure).log("The API server {} {} {}", server, text, RULES_STAY);
        } else if (before.again()) {
            failing(verb, resource, failure)
                    .log("The API server {} {} {}{}", server, text, RULES_STAY, before.history());
        }
    }

    private LoggingEventBuilder failing(String verb, String resource, ApiFailure failure) {
        LoggingEventBuilder event = about(LOG.atWarn(), verb, resource).addKeyValue("cause", failure.getMessage());
        return failure.status() == 0 ? event : event.addKeyValue("status", failure.status());
    }

    private String advice(ApiFailure failure) {
        return switch (failure.status()) {
            case 401 ->
                "it does not accept the proxy's credentials" + hinted()
                        + ". Check the token or certificate of the kubeconfig or service account.";
            case 403 ->
                "the proxy's account may not do this (" + failure.getMessage()
                        + "). It needs list and watch on services, nodes and endpointslices.discovery.k8s.io, and"
                        + " create and patch on events.events.k8s.io; binding it to the ClusterRole"
                        + " system:node-proxier grants all of that.";
            case 404 -> "it does not serve this resource (Kubernetes 1.21 or later is needed).";
            default -> (failure.getMessage().isEmpty() ? "no reason is given" : failure.getMessage()) + ".";
        };
    }

    private String hinted() {
        String what = hint.get();
        return what.isEmpty() ? "" : "; " + what;
    }

    private static String key(String verb, String resource) {
        return verb + " " + resource;
    }
}
