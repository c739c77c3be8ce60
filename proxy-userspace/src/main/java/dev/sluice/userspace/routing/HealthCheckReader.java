// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.routing;

import dev.sluice.core.model.AnnotationReader;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** Reads a {@link HealthCheck} from a Service's annotations. */
final class HealthCheckReader {
    static final String HEALTH_CHECK = "sluice.dev/health-check";
    static final String INTERVAL = "sluice.dev/health-check-interval";
    static final String TIMEOUT = "sluice.dev/health-check-timeout";
    static final String RISE = "sluice.dev/health-check-rise";
    static final String FALL = "sluice.dev/health-check-fall";

    private static final String TCP = "tcp";
    private static final String HTTP = "http:";
    private static final int LONGEST_PATH = 1024;
    private static final Duration DEFAULT_INTERVAL = Duration.ofSeconds(5);
    private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(1);
    private static final int DEFAULT_RISE = 2;
    private static final int DEFAULT_FALL = 3;
    private static final int MOST_IN_A_ROW = 100;
    private static final String DEFAULT = "the default applies";

    private final AnnotationReader annotations;

    HealthCheckReader(AnnotationReader annotations) {
        this.annotations = annotations;
    }

    /** The check, null when none is requested. */
    @Nullable
    HealthCheck read() {
        String kind = annotations.text(HEALTH_CHECK);
        if (kind == null) {
            List.of(INTERVAL, TIMEOUT, RISE, FALL).forEach(this::reportWithoutCheck);
            return null;
        }
        if (!kind.equals(TCP) && !isHttp(kind)) {
            annotations.ignored(
                    HEALTH_CHECK,
                    "is no health check, want tcp, or http: with a path such as http:/healthz; endpoints are not"
                            + " checked");
            return null;
        }
        return new HealthCheck(
                kind.equals(TCP) ? null : kind.substring(HTTP.length()),
                annotations
                        .duration(
                                INTERVAL,
                                Duration.ofSeconds(1),
                                Duration.ofHours(1),
                                "from 1s to 1h such as 5s",
                                DEFAULT)
                        .orElse(DEFAULT_INTERVAL),
                annotations
                        .duration(
                                TIMEOUT,
                                Duration.ofMillis(10),
                                Duration.ofMinutes(1),
                                "from 10ms to 1m such as 1s",
                                DEFAULT)
                        .orElse(DEFAULT_TIMEOUT),
                inARow(RISE, DEFAULT_RISE),
                inARow(FALL, DEFAULT_FALL));
    }

    private void reportWithoutCheck(String annotation) {
        if (annotations.text(annotation) != null) {
            annotations.ignored(annotation, "has no effect without " + HEALTH_CHECK);
        }
    }

    /** What is in the request line may not end it: only printable ASCII without a space. */
    private static boolean isHttp(String kind) {
        return kind.length() <= LONGEST_PATH && kind.matches("http:/[\\x21-\\x7e]*");
    }

    private int inARow(String annotation, int otherwise) {
        OptionalInt count = annotations.count(annotation, DEFAULT);
        if (count.isPresent() && count.getAsInt() > MOST_IN_A_ROW) {
            annotations.ignored(annotation, "is more than " + MOST_IN_A_ROW + "; " + DEFAULT);
            return otherwise;
        }
        return count.orElse(otherwise);
    }
}
