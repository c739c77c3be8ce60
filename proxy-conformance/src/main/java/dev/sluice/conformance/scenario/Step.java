// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.scenario;

import java.util.List;

/** One step of a scenario. */
public sealed interface Step {

    /** Replaces the scenario's objects by these. */
    record Given(List<ServiceTemplate> services) implements Step {
        public Given {
            services = List.copyOf(services);
        }
    }

    /** Checks that the probe has this outcome before the deadline of the run. */
    record Then(Probe probe, Expected expected) implements Step {}

    /** Opens a connection, checks that it answers, and keeps it open under a name. */
    record Open(String connection, Probe probe) implements Step {}

    /** Checks that an open connection still answers, from the Pod that it was opened to. */
    record StillOpen(String connection) implements Step {}

    /**
     * Any other action, with real packets and processes only.
     *
     * @param what what it does or checks, for people
     */
    record Act(String what, Action action) implements Step {}

    /** Code of an {@link Act}. It fails by throwing. */
    @FunctionalInterface
    interface Action {
        void run(Stage stage) throws Exception;
    }
}
