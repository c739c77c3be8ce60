// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.scenario;

import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.net.IpFamily;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A behaviour, written once as steps of given, when and then.
 *
 * @param id a short name, unique in the catalogue, valid in a Kubernetes namespace
 * @param rows the numbers of the behaviour in kube-proxy's test matrix, for people
 * @param behaviour one sentence
 * @param modes the modes that it applies to
 * @param families the families that it is run for
 */
public record Scenario(
        String id,
        String rows,
        String behaviour,
        Set<ProxyMode> modes,
        Set<IpFamily> families,
        DaemonSetup setup,
        List<Step> steps) {

    public Scenario {
        modes = Set.copyOf(modes);
        families = Set.copyOf(families);
        steps = List.copyOf(steps);
    }

    /** The flavours that the scenario is run against. */
    public Set<Flavour> flavours() {
        return Arrays.stream(Flavour.values())
                .filter(f -> modes.contains(f.mode()))
                .collect(Collectors.toCollection(() -> EnumSet.noneOf(Flavour.class)));
    }

    /** Begins a scenario for every mode and both families, with the default daemon. */
    public static Builder scenario(String id, String rows, String behaviour) {
        return new Builder(id, rows, behaviour);
    }

    /** Collects the steps of a scenario. */
    public static final class Builder {
        private final String id;
        private final String rows;
        private final String behaviour;
        private final List<Step> steps = new ArrayList<>();
        private Set<ProxyMode> modes = EnumSet.allOf(ProxyMode.class);
        private Set<IpFamily> families = EnumSet.allOf(IpFamily.class);
        private DaemonSetup setup = DaemonSetup.DEFAULT;

        private Builder(String id, String rows, String behaviour) {
            this.id = id;
            this.rows = rows;
            this.behaviour = behaviour;
        }

        public Builder in(ProxyMode first, ProxyMode... more) {
            modes = EnumSet.of(first, more);
            return this;
        }

        /** The behaviour covers both families at once, or none: it is run once, as an IPv4 row. */
        public Builder once() {
            families = EnumSet.of(IpFamily.IPV4);
            return this;
        }

        public Builder setup(DaemonSetup other) {
            setup = other;
            return this;
        }

        /** Replaces the scenario's objects by these. */
        public Builder given(ServiceTemplate... services) {
            steps.add(new Step.Given(List.of(services)));
            return this;
        }

        public Builder then(Probe probe, Expected expected) {
            steps.add(new Step.Then(probe, expected));
            return this;
        }

        public Builder open(String connection, Probe probe) {
            steps.add(new Step.Open(connection, probe));
            return this;
        }

        public Builder stillOpen(String connection) {
            steps.add(new Step.StillOpen(connection));
            return this;
        }

        public Builder act(String what, Step.Action action) {
            steps.add(new Step.Act(what, action));
            return this;
        }

        public Scenario build() {
            return new Scenario(id, rows, behaviour, modes, families, setup, steps);
        }
    }
}
