// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.scenario;

import static dev.sluice.conformance.scenario.Expected.Fails.DROPPED;
import static dev.sluice.conformance.scenario.Expected.Fails.NOT_SERVED;
import static dev.sluice.conformance.scenario.Expected.Fails.REFUSED;
import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.trace.Trace.Candidate;
import dev.sluice.core.trace.Trace.Verdict;
import dev.sluice.testkit.daemon.Explained;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.Outcome;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A trace that disagrees with the packets must be noticed. */
class TracedProbeTest {
    private static final IpAddress SERVICE = IpAddress.of("10.96.1.1");

    @Test
    void agreement() {
        assertThat(disagreement(reaches("b2"), forward(to("b2", 8080, 1, false)), answer("b2", 8080, "a3")))
                .isEmpty();
        assertThat(disagreement(reaches("b2"), forward(to("b2", 8080, 1, true)), answer("b2", 8080, "node-a")))
                .isEmpty();
        assertThat(disagreement(REFUSED, stopped(Verdict.REJECT), new Outcome.Refused()))
                .isEmpty();
        assertThat(disagreement(DROPPED, stopped(Verdict.DROP), new Outcome.TimedOut()))
                .isEmpty();
        assertThat(disagreement(NOT_SERVED, stopped(Verdict.NOT_A_SERVICE), new Outcome.Unreachable("no route")))
                .isEmpty();
        assertThat(disagreement(REFUSED, forward(to("b2", Lab.DEAD_PORT, 1, false)), new Outcome.Refused()))
                .as("an endpoint that refuses")
                .isEmpty();
    }

    @Test
    void anotherVerdict() {
        assertThat(disagreement(reaches("b2"), stopped(Verdict.DROP), answer("b2", 8080, "a3")))
                .isNotEmpty();
        assertThat(disagreement(reaches("b2"), stopped(Verdict.NOT_A_SERVICE), answer("b2", 8080, "a3")))
                .isNotEmpty();
        assertThat(disagreement(REFUSED, stopped(Verdict.DROP), new Outcome.Refused()))
                .isNotEmpty();
        assertThat(disagreement(REFUSED, stopped(Verdict.NOT_A_SERVICE), new Outcome.Refused()))
                .as("nobody at a cluster IP refuses but the proxy")
                .isNotEmpty();
        assertThat(disagreement(DROPPED, stopped(Verdict.REJECT), new Outcome.TimedOut()))
                .isNotEmpty();
        assertThat(disagreement(DROPPED, stopped(Verdict.NOT_A_SERVICE), new Outcome.TimedOut()))
                .isNotEmpty();
        assertThat(disagreement(DROPPED, forward(to("b2", 8080, 1, false)), new Outcome.TimedOut()))
                .isNotEmpty();
        assertThat(disagreement(NOT_SERVED, stopped(Verdict.REJECT), new Outcome.Unreachable("no route")))
                .isNotEmpty();
    }

    @Test
    void anotherEndpointPortOrSource() {
        assertThat(disagreement(reaches("b2"), forward(to("b3", 8080, 1, false)), answer("b2", 8080, "a3")))
                .isNotEmpty();
        assertThat(disagreement(reaches("b2"), forward(to("b2", 9090, 1, false)), answer("b2", 8080, "a3")))
                .isNotEmpty();
        assertThat(disagreement(reaches("b2"), forward(to("b2", 8080, 0, false)), answer("b2", 8080, "a3")))
                .isNotEmpty();
        assertThat(disagreement(reaches("b2"), forward(to("b2", 8080, 1, true)), answer("b2", 8080, "a3")))
                .isNotEmpty();
        assertThat(disagreement(reaches("b2"), forward(to("b2", 8080, 1, false)), answer("b2", 8080, "node-a")))
                .isNotEmpty();
    }

    @Test
    void anotherSetOfEndpoints() {
        Explained both = forward(to("b2", 8080, 0.5, false), to("b3", 8080, 0.5, false));
        Outcome[] fifty = Collections.nCopies(50, answer("b2", 8080, "a3")).toArray(Outcome[]::new);

        assertThat(disagreement(reaches("b2"), both, answer("b2", 8080, "a3")))
                .as("the row does not allow b3")
                .isNotEmpty();
        assertThat(disagreement(reaches("b2", "b3"), both, answer("b2", 8080, "a3")))
                .as("one call shows nothing")
                .isEmpty();
        assertThat(disagreement(reaches("b2", "b3"), both, fifty))
                .as("fifty calls would have met b3")
                .isNotEmpty();
        assertThat(disagreement(reaches("b2", "b3").alwaysTheSame(), both, fifty))
                .as("session affinity")
                .isEmpty();
    }

    private static String disagreement(Expected expected, Explained traced, Outcome... outcomes) {
        return new TracedProbe(fromPod("a3").to("web", 80), SERVICE, expected, List.of(outcomes), traced)
                .disagreement()
                .orElse("");
    }

    private static Outcome answer(String pod, int port, String seeing) {
        return new Outcome.Answer(pod, port, LabAddresses.of(seeing, IpFamily.IPV4), 40000, "10.96.1.1:80");
    }

    private static Candidate to(String pod, int port, double probability, boolean masqueraded) {
        return new Candidate(LabAddresses.of(pod, IpFamily.IPV4), port, probability, masqueraded);
    }

    private static Explained forward(Candidate... candidates) {
        return new Explained("ns/web", Verdict.FORWARD, List.of(candidates), List.of());
    }

    private static Explained stopped(Verdict verdict) {
        return new Explained("", verdict, List.of(), List.of());
    }
}
