// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.plan;

import dev.sluice.core.model.AnnotationReader;
import dev.sluice.core.model.ProblemList;
import dev.sluice.core.model.ServicePort;
import dev.sluice.linux.ipvs.VirtualServer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The choice of a service port's scheduler: the one that the Service's annotations request, if the kernel has it, or
 * the one of the command line.
 *
 * <p>By annotation only the kernel's own schedulers are taken: a name makes the kernel load the module
 * {@code ip_vs_NAME}, and the author of a Service must not choose the node's modules.
 */
public final class Schedulers {
    public static final String SCHEDULER = "sluice.dev/ipvs-scheduler";
    public static final String FLAGS = "sluice.dev/ipvs-scheduler-flags";

    /** Those of Linux 6.x. */
    public static final List<String> OF_THE_KERNEL =
            List.of("rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh", "sed", "nq", "fo", "ovf", "mh", "twos");

    /** Those whose share of connections follows the weights. */
    private static final Set<String> WEIGHTED = Set.of("wrr", "wlc", "lblc", "lblcr", "sed", "nq", "mh", "twos");

    private static final Map<String, Integer> FLAG_BITS = Map.of(
            "sh-fallback", VirtualServer.SCHED_1,
            "sh-port", VirtualServer.SCHED_2,
            "mh-fallback", VirtualServer.SCHED_1,
            "mh-port", VirtualServer.SCHED_2);

    private final String defaultScheduler;

    /** @param defaultScheduler the scheduler of Services that request none */
    public Schedulers(String defaultScheduler) {
        this.defaultScheduler = defaultScheduler;
    }

    /** A scheduler with its flags. */
    record Choice(String scheduler, int flags) {

        /** With its default flags. */
        static Choice of(String scheduler) {
            return new Choice(scheduler, defaultFlags(scheduler));
        }

        /** Whether an endpoint of half the weight gets about half the connections. */
        boolean weighted() {
            return WEIGHTED.contains(scheduler);
        }
    }

    /**
     * mh hashes the source port too, as kube-proxy has it. Both hashes fall back to another server when the chosen one
     * has weight 0: without that, clients whose hash meets a draining server would be refused until it is deleted.
     */
    private static int defaultFlags(String scheduler) {
        return switch (scheduler) {
            case "mh" -> VirtualServer.SCHED_2 | VirtualServer.SCHED_1;
            case "sh" -> VirtualServer.SCHED_1;
            default -> 0;
        };
    }

    /**
     * The scheduler that the Service requests, unless it is invalid or the default: only the kernel knows whether it
     * has it.
     */
    Optional<String> requested(ServicePort service) {
        return Optional.ofNullable(service.annotations().get(SCHEDULER))
                .filter(requested -> !requested.equals(defaultScheduler) && OF_THE_KERNEL.contains(requested));
    }

    /**
     * The scheduler and flags that the Service requests, or the defaults for an invalid request, which is a problem.
     *
     * @param refused the schedulers that the kernel does not have, each with its answer
     */
    Choice choose(ServicePort service, Map<String, String> refused, ProblemList problems) {
        String scheduler = scheduler(service.annotations().get(SCHEDULER), refused, problems);
        String flags = service.annotations().get(FLAGS);
        return new Choice(scheduler, flags == null ? defaultFlags(scheduler) : flags(scheduler, flags, problems));
    }

    private String scheduler(@Nullable String requested, Map<String, String> refused, ProblemList problems) {
        if (requested == null || requested.equals(defaultScheduler)) {
            return defaultScheduler;
        }
        if (!OF_THE_KERNEL.contains(requested)) {
            problems.ignored(
                    AnnotationReader.field(SCHEDULER),
                    "'" + requested + "' is no scheduler, want one of " + String.join(", ", OF_THE_KERNEL) + "; "
                            + defaultScheduler + " is in force");
            return defaultScheduler;
        }
        String refusal = refused.get(requested);
        if (refusal == null) {
            return requested;
        }
        problems.ignored(
                AnnotationReader.field(SCHEDULER),
                "this node's kernel has no scheduler " + requested + " (module ip_vs_" + requested + "); "
                        + defaultScheduler + " is in force: " + refusal);
        return defaultScheduler;
    }

    private static int flags(String scheduler, String text, ProblemList problems) {
        int bits = 0;
        for (String word : text.isBlank() ? new String[0] : text.split(",", -1)) {
            String flag = word.strip();
            Integer bit = FLAG_BITS.get(flag);
            if (bit == null || !flag.startsWith(scheduler + "-")) {
                problems.ignored(
                        AnnotationReader.field(FLAGS),
                        "'" + flag + "' is no flag of scheduler " + scheduler
                                + ", want sh-fallback, sh-port with sh and mh-fallback, mh-port with mh; the default"
                                + " flags of "
                                + scheduler + " are in force");
                return defaultFlags(scheduler);
            }
            bits |= bit;
        }
        return bits;
    }
}
