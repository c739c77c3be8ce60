// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.plan;

import dev.sluice.core.config.GoDuration;
import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ServicePort;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/** The time for which a removed endpoint may keep its connections. */
public final class DrainTimeout {
    static final String ANNOTATION = "sluice.dev/ipvs-drain-timeout";
    static final Duration DEFAULT = Duration.ofMinutes(15);
    private static final Duration LONGEST = Duration.ofDays(7);

    private DrainTimeout() {}

    /** The Service's annotation; an invalid value is reported as a problem, and the default applies. */
    static Duration of(ServicePort service, Consumer<Problem> problems) {
        String text = service.annotations().get(ANNOTATION);
        if (text == null) {
            return DEFAULT;
        }
        Optional<Duration> limit = GoDuration.parse(text).filter(d -> !d.isNegative() && d.compareTo(LONGEST) <= 0);
        if (limit.isEmpty()) {
            problems.accept(Problem.ignored(
                    ObjectRef.service(service.name().service()),
                    "metadata.annotations[" + ANNOTATION + "]",
                    "'" + text + "' is not a duration from 0 to 168h such as 90s or 15m; " + GoDuration.format(DEFAULT)
                            + " is in force"));
        }
        return limit.orElse(DEFAULT);
    }
}
