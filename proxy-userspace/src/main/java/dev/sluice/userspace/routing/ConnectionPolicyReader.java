// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.routing;

import dev.sluice.core.balance.SlowStart;
import dev.sluice.core.model.AnnotationReader;
import dev.sluice.core.model.ProblemList;
import dev.sluice.core.model.ServicePort;
import dev.sluice.userspace.balance.Scheduler;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads a {@link ConnectionPolicy} from a Service's annotations. An invalid value is reported as a problem; the default
 * applies.
 */
public final class ConnectionPolicyReader {
    public static final String SCHEDULER = "sluice.dev/scheduler";
    public static final String CONNECT_TIMEOUT = "sluice.dev/connect-timeout";
    public static final String IDLE_TIMEOUT = "sluice.dev/idle-timeout";
    public static final String MAX_AGE = "sluice.dev/max-connection-age";
    public static final String MAX_CONNECTIONS = "sluice.dev/max-connections";
    public static final String PROXY_PROTOCOL = "sluice.dev/proxy-protocol";
    public static final String SOURCE_ADDRESS = "sluice.dev/source-address";

    /** The attempts' shares of the time for all: each may take twice as long as the one before. */
    private static final List<Integer> SHARES = List.of(1, 2, 4, 8);

    private static final Duration LONGEST_CONNECT = Duration.ofMinutes(2);
    private static final Duration LONGEST = Duration.ofDays(7);

    private final Scheduler fallback;

    /** @param fallback the scheduler of Services that request none */
    public ConnectionPolicyReader(Scheduler fallback) {
        this.fallback = fallback;
    }

    /** The policy of {@code service}. */
    public ConnectionPolicy read(ServicePort service, ProblemList problems) {
        AnnotationReader annotations = new AnnotationReader(service, problems);
        Scheduler scheduler = scheduler(annotations);
        String byWeight = scheduler.weighted() ? null : Scheduler.weightedChoices();
        return new ConnectionPolicy(
                scheduler,
                SlowStart.requested(service, scheduler.text(), byWeight, problems)
                        .orElse(null),
                connectTimeouts(annotations),
                limit(annotations, IDLE_TIMEOUT, "idle connections stay open"),
                limit(annotations, MAX_AGE, "the age of connections has no limit"),
                annotations
                        .count(MAX_CONNECTIONS, "the number of connections has no limit")
                        .orElse(0),
                proxyProtocol(annotations),
                nodeSource(annotations),
                new HealthCheckReader(annotations).read());
    }

    private Scheduler scheduler(AnnotationReader annotations) {
        String text = annotations.text(SCHEDULER);
        if (text == null) {
            return fallback;
        }
        return Scheduler.parse(text).orElseGet(() -> {
            annotations.ignored(
                    SCHEDULER,
                    "is no scheduler, want one of " + Scheduler.choices() + "; " + fallback.text() + " is in force");
            return fallback;
        });
    }

    private static List<Duration> connectTimeouts(AnnotationReader annotations) {
        int shares = SHARES.stream().mapToInt(Integer::intValue).sum();
        return annotations
                .duration(
                        CONNECT_TIMEOUT,
                        Duration.ofMillis(15),
                        LONGEST_CONNECT,
                        "from 15ms to 2m such as 3s",
                        "the default applies")
                .map(all -> SHARES.stream().map(p -> all.multipliedBy(p).dividedBy(shares)))
                .map(Stream::toList)
                .orElse(List.of());
    }

    private static @Nullable Duration limit(AnnotationReader annotations, String annotation, String otherwise) {
        return annotations
                .duration(annotation, Duration.ofSeconds(1), LONGEST, "from 1s to 168h such as 10m", otherwise)
                .orElse(null);
    }

    private static boolean nodeSource(AnnotationReader annotations) {
        String text = annotations.text(SOURCE_ADDRESS);
        if (text != null && !text.equals("node") && !text.equals("client")) {
            annotations.ignored(SOURCE_ADDRESS, "is no source address, want client or node; the default applies");
        }
        return "node".equals(text);
    }

    private static @Nullable ProxyProtocol proxyProtocol(AnnotationReader annotations) {
        String text = annotations.text(PROXY_PROTOCOL);
        if (text == null) {
            return null;
        }
        return ProxyProtocol.parse(text).orElseGet(() -> {
            annotations.ignored(
                    PROXY_PROTOCOL, "is not a version of the PROXY protocol, want v1 or v2; the protocol is not used");
            return null;
        });
    }
}
