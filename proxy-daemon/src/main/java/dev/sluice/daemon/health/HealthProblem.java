// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.health;

import static dev.sluice.daemon.http.JsonText.quote;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/**
 * Something that is wrong at present.
 *
 * @param object what it is about, e.g. {@code Service shop/web} or {@code services}
 * @param field of the object, may be empty
 * @param message what is wrong
 * @param remedy what to do, as a sentence
 * @param fatal whether the process cannot do its work any more, and is better started anew
 */
public record HealthProblem(
        ProblemCause cause, String object, String field, String message, Instant since, String remedy, boolean fatal) {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.nnnnnnnnn'Z'").withZone(ZoneOffset.UTC);

    /** One with the remedy of its cause. */
    public static HealthProblem of(ProblemCause cause, String object, String message, Instant since) {
        return new HealthProblem(cause, object, "", message, since, cause.remedy(), false);
    }

    /** One that makes the process useless. */
    public static HealthProblem fatal(ProblemCause cause, String object, String message, Instant since) {
        return new HealthProblem(cause, object, "", message, since, cause.remedy(), true);
    }

    /** As an element of the list {@code problems}. */
    public String json() {
        return "{\"cause\":" + quote(cause.label())
                + ",\"object\":" + quote(object)
                + ",\"field\":" + quote(field)
                + ",\"message\":" + quote(message)
                + ",\"since\":" + quote(time(since))
                + ",\"remedy\":" + quote(remedy) + "}";
    }

    /** A time as in the pages, those of kube-proxy too. */
    public static String time(Instant instant) {
        return TIME.format(instant);
    }
}
