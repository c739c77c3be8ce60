// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.scenario;

import dev.sluice.conformance.scenario.Expected.Reaches;
import dev.sluice.conformance.scenario.Expected.Spread;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.trace.Trace.Candidate;
import dev.sluice.core.trace.Trace.Verdict;
import dev.sluice.testkit.daemon.Explained;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.Outcome;
import dev.sluice.testkit.lab.Outcome.Answer;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * A probe made with real packets, and the daemon's trace of such a packet. The two must agree.
 *
 * @param to the destination of the calls
 */
record TracedProbe(Probe probe, IpAddress to, Expected expected, List<Outcome> outcomes, Explained traced) {
    /** From here on, the range of node ports, a scenario has servers of its own on Pods. */
    private static final int SCENARIO_PORTS = 30_000;

    /** The chance of missing an endpoint below which its absence counts as a disagreement. */
    private static final double BY_CHANCE = 1e-9;

    /** The difference between the trace and the packets; empty when they agree. */
    Optional<String> disagreement() {
        for (Outcome outcome : outcomes) {
            Optional<String> wrong = disagreement(outcome);
            if (wrong.isPresent()) {
                return wrong.map(text -> text + "; explain says " + traced);
            }
        }
        return disagreementOnSpread().map(text -> text + "; explain says " + traced);
    }

    private Optional<String> disagreement(Outcome outcome) {
        boolean possible = switch (outcome) {
            case Answer answer -> {
                if (traced.verdict() == Verdict.NOT_A_SERVICE) {
                    yield to.equals(addressOf(answer.pod()));
                }
                Optional<Candidate> chosen = candidate(answer);
                if (chosen.isPresent() && masqueradingDiffers(chosen.get(), answer)) {
                    yield false;
                }
                yield traced.verdict() == Verdict.FORWARD && chosen.isPresent();
            }
            // a closed port of the lab's own hosts refuses as well
            case Outcome.Refused refused ->
                traced.verdict() == Verdict.REJECT
                        || (traced.verdict() == Verdict.NOT_A_SERVICE && isOfAHost(to))
                        || leadsToNobody();
            case Outcome.TimedOut timeout ->
                traced.verdict() == Verdict.DROP
                        || (traced.verdict() == Verdict.NOT_A_SERVICE && expected == Expected.Fails.NOT_SERVED)
                        || leadsToNobody();
            case Outcome.Unreachable unreachable -> traced.verdict() == Verdict.NOT_A_SERVICE;
            case Outcome.Closed closed -> leadsToNobody();
            case Outcome.Foreign foreign -> false;
        };
        return possible ? Optional.empty() : Optional.of("real packets came to '" + outcome + "'");
    }

    private Optional<Candidate> candidate(Answer answer) {
        IpAddress address = addressOf(answer.pod());
        return traced.candidates().stream()
                .filter(c -> c.probability() > 0 && c.address().equals(address) && c.port() == answer.port())
                .findFirst();
    }

    /** A process on the node has the node's addresses anyway, so that masquerading is invisible. */
    private boolean masqueradingDiffers(Candidate chosen, Answer answer) {
        return !probe.from().equals(LabAddresses.NODE_A)
                && chosen.masqueraded() == answer.peer().equals(addressOf(probe.from()));
    }

    /** Whether the packet is forwarded, and some candidate is an address or port where nobody answers. */
    private boolean leadsToNobody() {
        return traced.verdict() == Verdict.FORWARD
                && traced.candidates().stream().anyMatch(c -> !answers(c));
    }

    static boolean answers(Candidate candidate) {
        boolean pod = LabAddresses.LOCAL_PODS.stream().anyMatch(p -> is(p, candidate.address()))
                || LabAddresses.REMOTE_PODS.stream().anyMatch(p -> is(p, candidate.address()));
        // on the node a scenario answers itself, at a port of its own
        return is(LabAddresses.NODE_A, candidate.address())
                || pod
                        && (Lab.TCP_PORTS.contains(candidate.port())
                                || candidate.port() == Lab.UDP_PORT
                                || candidate.port() == Lab.SCTP_PORT
                                || candidate.port() >= SCENARIO_PORTS);
    }

    private Optional<String> disagreementOnSpread() {
        if (!(expected instanceof Reaches reaches) || traced.verdict() != Verdict.FORWARD) {
            return Optional.empty();
        }
        Set<String> candidates = traced.candidates().stream()
                .filter(c -> c.probability() > 0 && answers(c))
                .map(c -> c.address().toString())
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> allowed =
                reaches.pods().stream().map(p -> addressOf(p).toString()).collect(Collectors.toSet());
        if (!allowed.containsAll(candidates)) {
            return Optional.of("the row allows " + new TreeSet<>(reaches.pods()) + " only");
        }
        Set<String> seen = outcomes.stream()
                .filter(Answer.class::isInstance)
                .map(o -> addressOf(((Answer) o).pod()).toString())
                .collect(Collectors.toCollection(TreeSet::new));
        boolean spreads = reaches.spread() != Spread.ONE;
        return spreads && enough(reaches) && !seen.equals(candidates)
                ? Optional.of(outcomes.size() + " calls were answered by " + seen)
                : Optional.empty();
    }

    /** Whether enough calls were made that every candidate must have been seen. */
    private boolean enough(Reaches reaches) {
        return reaches.spread() == Spread.ALL
                || reaches.spread() == Spread.EVEN
                || traced.candidates().stream()
                        .allMatch(c -> Math.pow(1 - c.probability(), outcomes.size()) < BY_CHANCE);
    }

    private IpAddress addressOf(String host) {
        return LabAddresses.of(host, to.family());
    }

    private static boolean is(String host, IpAddress address) {
        return LabAddresses.of(host, address.family()).equals(address);
    }

    static boolean isOfAHost(IpAddress address) {
        IpFamily family = address.family();
        return address.isLoopback()
                || LabAddresses.allOfNode(family).contains(address)
                || List.of(LabAddresses.NODE_B, LabAddresses.CLIENT).stream().anyMatch(host -> is(host, address));
    }
}
