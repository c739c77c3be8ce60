// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables.plan;

import dev.sluice.core.model.AnnotationReader;
import dev.sluice.core.model.ProblemList;
import dev.sluice.core.model.ServicePort;
import dev.sluice.nftables.layout.Choice;

/**
 * What a Service requests by annotations. What the rules cannot carry out is a problem; the default applies.
 *
 * @param mostConnections that may be open, 0 for any number
 */
record PortOptions(Choice choice, int mostConnections) {
    private static final String SCHEDULER = "sluice.dev/scheduler";
    private static final String MAX_CONNECTIONS = "sluice.dev/max-connections";

    /**
     * The kernel goes through all connections that it has counted when one is added, once in each tick: with 1,000 a
     * new connection waits 0.4 ms for it.
     */
    private static final int MOST_COUNTED = 1000;

    private static final String UNLIMITED = "the number of connections has no limit";

    static PortOptions read(ServicePort service, ProblemList problems) {
        AnnotationReader annotations = new AnnotationReader(service, problems);
        return new PortOptions(choice(annotations), mostConnections(annotations));
    }

    private static Choice choice(AnnotationReader annotations) {
        String text = annotations.text(SCHEDULER);
        if (text == null) {
            return Choice.RANDOM;
        }
        return Choice.ofScheduler(text).orElseGet(() -> {
            annotations.ignored(
                    SCHEDULER,
                    "is no scheduler of nftables mode, want one of " + Choice.schedulers()
                            + "; endpoints are chosen at random, by weight");
            return Choice.RANDOM;
        });
    }

    private static int mostConnections(AnnotationReader annotations) {
        int most = annotations.count(MAX_CONNECTIONS, UNLIMITED).orElse(0);
        if (most > MOST_COUNTED) {
            annotations.ignored(
                    MAX_CONNECTIONS,
                    "is more than the kernel can count quickly, want 1 to " + MOST_COUNTED + " in nftables mode; "
                            + UNLIMITED);
            return 0;
        }
        return most;
    }
}
