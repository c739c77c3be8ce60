// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.scenario;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.Outcome;
import dev.sluice.testkit.lab.Outcome.Answer;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The outcome that a scenario expects of a probe. */
public sealed interface Expected {

    /** Whether the outcomes of all calls of a probe match. */
    boolean agrees(Probe probe, IpFamily family, List<Outcome> outcomes);

    /** The spread of calls over the Pods. */
    enum Spread {
        /** Each call reaches one of them. */
        ANY,
        /** Each of them is reached. */
        ALL,
        /** Each gets the same number of calls. */
        EVEN,
        /** The counts fit a uniform choice (chi-square test, one in a million). */
        FAIR,
        /** All calls reach the same one. */
        ONE
    }

    /** The source address that a Pod sees. */
    enum Source {
        ANY,
        CALLER,
        NODE
    }

    /**
     * The calls are answered.
     *
     * @param pods the Pods that may answer
     * @param port the port that the Pod was reached on, 0 for any
     */
    record Reaches(Set<String> pods, Spread spread, Source source, int port) implements Expected {

        public Reaches {
            pods = Set.copyOf(pods);
        }

        public Reaches each() {
            return new Reaches(pods, Spread.ALL, source, port);
        }

        public Reaches evenly() {
            return new Reaches(pods, Spread.EVEN, source, port);
        }

        public Reaches fairly() {
            return new Reaches(pods, Spread.FAIR, source, port);
        }

        public Reaches alwaysTheSame() {
            return new Reaches(pods, Spread.ONE, source, port);
        }

        public Reaches seeingTheCaller() {
            return new Reaches(pods, spread, Source.CALLER, port);
        }

        public Reaches seeingTheNode() {
            return new Reaches(pods, spread, Source.NODE, port);
        }

        public Reaches atPort(int number) {
            return new Reaches(pods, spread, source, number);
        }

        @Override
        public boolean agrees(Probe probe, IpFamily family, List<Outcome> outcomes) {
            List<Answer> answers = outcomes.stream()
                    .filter(Answer.class::isInstance)
                    .map(Answer.class::cast)
                    .toList();
            return answers.size() == outcomes.size()
                    && answers.stream().allMatch(a -> pods.contains(a.pod()) && (port == 0 || a.port() == port))
                    && answers.stream().allMatch(a -> sourceAgrees(probe, family, a.peer()))
                    && spreadAgrees(answers);
        }

        private boolean sourceAgrees(Probe probe, IpFamily family, IpAddress seen) {
            return switch (source) {
                case ANY -> true;
                case CALLER -> seen.equals(LabAddresses.of(probe.from(), family));
                case NODE -> LabAddresses.allOfNode(family).contains(seen);
            };
        }

        private boolean spreadAgrees(List<Answer> answers) {
            Map<String, Long> counts =
                    answers.stream().collect(Collectors.groupingBy(Answer::pod, Collectors.counting()));
            double even = (double) answers.size() / pods.size();
            return switch (spread) {
                case ANY -> true;
                case ONE -> counts.size() == 1;
                case ALL -> counts.size() == pods.size();
                case EVEN ->
                    counts.size() == pods.size() && counts.values().stream().allMatch(n -> n == even);
                case FAIR -> {
                    double chiSquare = pods.stream()
                            .mapToDouble(p -> Math.pow(counts.getOrDefault(p, 0L) - even, 2) / even)
                            .sum();
                    yield chiSquare
                            < switch (pods.size()) {
                                case 2 -> 24;
                                case 3 -> 28;
                                default -> 31 + 4 * (pods.size() - 4);
                            };
                }
            };
        }

        @Override
        public String toString() {
            return "answers from " + new TreeSet<>(pods)
                    + (spread == Spread.ANY ? "" : ", spread " + spread)
                    + (source == Source.ANY ? "" : ", seeing the " + source)
                    + (port == 0 ? "" : ", at port " + port);
        }
    }

    /** No call is answered. */
    enum Fails implements Expected {
        /** Each call fails at once, as at a closed port. */
        REFUSED,
        /** No answer arrives. */
        DROPPED,
        /** The proxy does not handle it: the address is routed on, and nobody is there. */
        NOT_SERVED,
        /** The connection is accepted, then closed without an answer. */
        CLOSED;

        @Override
        public boolean agrees(Probe probe, IpFamily family, List<Outcome> outcomes) {
            return outcomes.stream().allMatch(this::agrees);
        }

        private boolean agrees(Outcome outcome) {
            return switch (outcome) {
                case Outcome.Refused refused -> this == REFUSED;
                case Outcome.TimedOut timeout -> this == DROPPED || this == NOT_SERVED;
                case Outcome.Unreachable unreachable -> this == NOT_SERVED;
                case Answer answer -> false;
                case Outcome.Foreign foreign -> false;
                case Outcome.Closed closed -> this == CLOSED;
            };
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', ' ');
        }
    }

    /** Answers from one of {@code pods}. */
    static Reaches reaches(String... pods) {
        return new Reaches(Set.of(pods), Spread.ANY, Source.ANY, 0);
    }

    /** Answers from any Pod. */
    static Reaches anybody() {
        return reaches(Stream.of(LabAddresses.LOCAL_PODS, LabAddresses.REMOTE_PODS)
                .flatMap(List::stream)
                .toArray(String[]::new));
    }

    /** The outcomes with their counts, for people. */
    static String tally(List<Outcome> outcomes) {
        Map<String, Integer> counts = new TreeMap<>();
        for (Outcome outcome : outcomes) {
            String text =
                    outcome instanceof Answer a ? a.pod() + ":" + a.port() + " seeing " + a.peer() : outcome.toString();
            counts.merge(text, 1, Integer::sum);
        }
        return counts.entrySet().stream()
                .map(e -> e.getValue() + "x " + e.getKey())
                .collect(Collectors.joining("; "));
    }
}
