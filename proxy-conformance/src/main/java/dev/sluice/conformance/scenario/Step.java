// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.scenario;

import java.util.List;

/** One thing that happens in a scenario. */
public sealed interface Step {

    /** From now on the scenario's objects are exactly these. */
    record Given(List<ServiceTemplate> services) implements Step {
        public Given {
            services = List.copyOf(services);
        }
    }

    /** The probe comes to this, at the latest when the deadline of the run has passed. */
    record Then(Probe probe, Expected expected) implements Step {}

    /** A connection is opened, answers, and stays open under a name. */
    record Open(String connection, Probe probe) implements Step {}

    /** An open connection still answers, from the Pod that it was opened to. */
    record StillOpen(String connection) implements Step {}

    /**
     * Anything else, with real packets and processes only.
     *
     * @param what it does or checks, for people
     */
    record Act(String what, Action action) implements Step {}

    /** Code of an {@link Act}. It fails by throwing. */
    @FunctionalInterface
    interface Action {
        void run(Stage stage) throws Exception;
    }
}
