// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.scenario;

import dev.sluice.conformance.scenario.Expected.Reaches;
import dev.sluice.conformance.scenario.Expected.Spread;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.trace.Trace.Candidate;
import dev.sluice.core.trace.Trace.Verdict;
import dev.sluice.testkit.daemon.Explained;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.Outcome;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a scenario expects of a probe, beside a trace alone: what packets would come to if they went as the trace says.
 *
 * @param to where the calls would go
 */
public record TracedExpectation(Probe probe, IpAddress to, Expected expected, Explained traced) {
    private static final double SAME_SHARE = 1e-6;

    /**
     * The same in a mode that tries the next endpoint when one does not answer: where some candidates are Pods that
     * answer, the others are not waited for.
     */
    public TracedExpectation withRetries() {
        List<Candidate> answering = possible().filter(TracedProbe::answers).toList();
        return answering.isEmpty()
                ? this
                : new TracedExpectation(
                        probe,
                        to,
                        expected,
                        new Explained(traced.service(), traced.verdict(), answering, traced.steps()));
    }

    /** The same with what the scenario does not expect. */
    public TracedExpectation expecting(Expected other) {
        return new TracedExpectation(probe, to, other, traced);
    }

    /** What the scenario expects otherwise than the trace says; empty when they agree. */
    public Optional<String> disagreement() {
        boolean agrees = switch (expected) {
            case Reaches reaches -> agrees(reaches);
            case Expected.Fails fails -> agrees(fails);
        };
        return agrees ? Optional.empty() : Optional.of("expected " + expected + "; explain says " + traced);
    }

    private boolean agrees(Reaches reaches) {
        List<Outcome> outcomes = outcomes();
        Reaches each = new Reaches(reaches.pods(), Spread.ANY, reaches.source(), reaches.port());
        if (outcomes.isEmpty() || !each.agrees(probe, to.family(), outcomes)) {
            return false;
        }
        Map<String, Double> shares = shares();
        return switch (reaches.spread()) {
            case ANY, ONE -> true; // which one it is, and for how long, packets show
            case ALL -> shares.keySet().equals(reaches.pods());
            case EVEN, FAIR ->
                shares.keySet().equals(reaches.pods())
                        && shares.values().stream()
                                .allMatch(s -> Math.abs(s - 1.0 / reaches.pods().size()) < SAME_SHARE);
        };
    }

    /**
     * A candidate that is nobody's address or port may refuse, be silent, or have the proxy close: packets show which.
     */
    private boolean agrees(Expected.Fails fails) {
        boolean toNobody = traced.verdict() == Verdict.FORWARD && possible().noneMatch(TracedProbe::answers);
        return toNobody ? fails != Expected.Fails.NOT_SERVED : fails.agrees(probe, to.family(), outcomes());
    }

    /** One for each candidate, or the one that all packets would have. */
    private List<Outcome> outcomes() {
        return switch (traced.verdict()) {
            case FORWARD -> possible().map(this::outcome).toList();
            case REJECT -> List.of(new Outcome.Refused());
            case DROP -> List.of(new Outcome.TimedOut());
            case NOT_A_SERVICE ->
                List.of(
                        TracedProbe.isOfAHost(to)
                                ? new Outcome.Refused()
                                : new Outcome.Unreachable("no Service has " + to));
        };
    }

    private Outcome outcome(Candidate candidate) {
        if (!TracedProbe.answers(candidate)) {
            return new Outcome.TimedOut();
        }
        IpAddress seen = candidate.masqueraded()
                ? LabAddresses.of(LabAddresses.NODE_A, to.family())
                : LabAddresses.of(probe.from(), to.family());
        return new Outcome.Answer(podOf(candidate), candidate.port(), seen, 1, to.toString());
    }

    private Map<String, Double> shares() {
        return possible()
                .collect(Collectors.groupingBy(
                        TracedExpectation::podOf, TreeMap::new, Collectors.summingDouble(Candidate::probability)));
    }

    private Stream<Candidate> possible() {
        return traced.candidates().stream().filter(c -> c.probability() > 0);
    }

    private static String podOf(Candidate candidate) {
        IpAddress address = candidate.address();
        return Stream.of(LabAddresses.LOCAL_PODS, LabAddresses.REMOTE_PODS)
                .flatMap(List::stream)
                .filter(pod -> LabAddresses.of(pod, address.family()).equals(address))
                .findFirst()
                .orElse(address.toString());
    }
}
